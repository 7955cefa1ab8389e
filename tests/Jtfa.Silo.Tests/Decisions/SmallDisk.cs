using System.Diagnostics;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>A disk of 12 MiB of memory, in a mount namespace of a second process and gone with it.</summary>
internal static class SmallDisk
{
    private const string Variable = "JTFA_TEST_DISK";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Where it is, in the second process; skips a test that nobody runs there.</summary>
    public static string Folder
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable(Variable);
            Assert.SkipWhen(folder is null, "Run by another test only.");
            return folder;
        }
    }

    /// <summary>Runs an explicit test in a second process with such a disk in a folder's place; skips where that cannot be.</summary>
    public static async Task RunAsync<T>(string test, string folder, Dictionary<string, string>? environment = null)
    {
        string[] unshare = Environment.IsPrivilegedProcess ? ["unshare", "--mount"] : ["unshare", "--mount", "--map-root-user"];
        Assert.SkipUnless(OperatingSystem.IsLinux() && await CanMountAsync(unshare), "Needs Linux and the right to a mount namespace.");
        using var child = ChildProcess.Start<T>(
            test, new(environment ?? []) { [Variable] = folder },
            [.. unshare, "sh", "-c", "mount -t tmpfs -o size=12m none \"$0\" && exec \"$@\"", folder]);
        var output = await child.StandardOutput.ReadToEndAsync(Cancel);
        await child.WaitForExitAsync(Cancel);
        Assert.True(child.ExitCode == 0, output);
    }

    /// <summary>Fills it to the last byte.</summary>
    /// <returns>The file that does, to be deleted.</returns>
    public static string Fill(string name = "ballast")
    {
        var ballast = Path.Combine(Folder, name);
        Ballast.Fill(ballast);
        return ballast;
    }

    private static async Task<bool> CanMountAsync(string[] unshare)
    {
        var start =
            new ProcessStartInfo("sh", ["-c", "\"$@\" mount -t tmpfs none /mnt 2>&1", "sh", .. unshare]) { RedirectStandardOutput = true };
        using var attempt = Process.Start(start)!;
        await attempt.StandardOutput.ReadToEndAsync(Cancel);
        await attempt.WaitForExitAsync(Cancel);
        return attempt.ExitCode == 0;
    }
}
