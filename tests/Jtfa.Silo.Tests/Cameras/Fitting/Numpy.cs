namespace Jtfa.Silo.Tests.Cameras.Fitting;

/// <summary>Runs a script with numpy, whose linear algebra is not the product's.</summary>
internal static class Numpy
{
    // Debian's, before another that may come first on the path without the package.
    private const string Program = "/usr/bin/python3";

    /// <summary>What a script prints; skips the test where numpy is not installed.</summary>
    /// <param name="script">The script; its arguments are in <c>sys.argv[1:]</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<string> RunAsync(string script, params string[] arguments)
    {
        Assert.SkipUnless(
            File.Exists(Program) && (await ProgramRun.ToEndAsync(new(Program, ["-c", "import numpy"]))).ExitCode == 0,
            "Needs python3 with numpy (apt-get install -y python3-numpy).");
        var end = await ProgramRun.ToEndAsync(new(Program, ["-c", script, .. arguments]));
        Assert.True(end.ExitCode == 0, end.ToString());
        return string.Join('\n', end.Output);
    }
}
