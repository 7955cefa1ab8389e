using System.Diagnostics;

namespace Jtfa.Language.Tests.Kernels;

/// <summary>The kernels for ARM, by an emulator.</summary>
public sealed class ArmTests
{
    [Fact]
    public async Task Products_are_those_of_every_machine()
    {
        LongForm.Needed(seconds: 90);
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Jtfa.sln"))) folder = folder.Parent!;
        var script = Path.Combine(folder.FullName, "tests", "Jtfa.KernelCheck", "arm.sh");
        using var run = Process.Start(new ProcessStartInfo(script) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.SkipWhen(run.ExitCode == 2, errors);
        Assert.True(run.ExitCode == 0, await said + errors);
        Assert.Contains("NeonDot: as on every machine", await said);
    }
}
