using System.Diagnostics;
using System.Globalization;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>A user of this machine who is not the silos'.</summary>
/// <param name="Id">Its number, which is also its group's.</param>
internal sealed record OtherUser(int Id)
{
    // The user whom nothing belongs to.
    private const int Nobody = 65534;

    /// <summary>What makes a program one of the user's.</summary>
    public string[] Prefix => ["setpriv", $"--reuid={Text}", $"--regid={Text}", "--clear-groups"];

    private string Text => Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>Another user; skips the test where programs cannot be made another user's.</summary>
    public static OtherUser Get()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && File.Exists("/usr/bin/setpriv"),
            "To be another user takes root, and setpriv (Debian: util-linux).");
        return new OtherUser(Nobody);
    }

    /// <summary>Has the user own a folder.</summary>
    public async Task OwnAsync(string folder)
    {
        using var chown = Process.Start("chown", [Text, folder]);
        await chown.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, chown.ExitCode);
    }

    /// <summary>The files in a folder that the user may read or write, each by its path in it.</summary>
    public async Task<string[]> ReachedFilesAsync(string folder)
    {
        string[] command = [.. Prefix, "find", folder, "-type", "f", "(", "-readable", "-o", "-writable", ")", "-printf", "%P\\n"];
        var end = await ProgramRun.ToEndAsync(new ProcessStartInfo(command[0], command[1..]));
        Assert.Equal((0, ""), (end.ExitCode, string.Join('\n', end.Errors)));
        return [.. end.Output.Order(StringComparer.Ordinal)];
    }
}
