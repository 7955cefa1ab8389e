namespace Jtfa.Testing.Processes;

/// <summary>Whether soaks, fuzzing and properties run in their long form: <c>./jtfa test --long</c>.</summary>
internal static class LongForm
{
    /// <summary>Whether it was asked for.</summary>
    public static bool IsAsked => Environment.GetEnvironmentVariable("JTFA_LONG") == "1";

    /// <summary>How often: ten times as often in the long form.</summary>
    public static int Times(int times) => IsAsked ? 10 * times : times;

    /// <summary>Skips what the short form has no time for.</summary>
    /// <param name="seconds">What it takes.</param>
    public static void Needed(int seconds) => Assert.SkipUnless(IsAsked, $"It takes {seconds} s: './jtfa test --long' runs it.");
}
