namespace Jtfa.Testing.Processes;

/// <summary>Whether soaks, fuzzing and properties run in their long form: <c>./jtfa test --long</c>.</summary>
internal static class LongForm
{
    /// <summary>Whether it was asked for.</summary>
    public static bool IsAsked => Environment.GetEnvironmentVariable("JTFA_LONG") == "1";

    /// <summary>How often: ten times as often in the long form.</summary>
    public static int Times(int times) => IsAsked ? 10 * times : times;
}
