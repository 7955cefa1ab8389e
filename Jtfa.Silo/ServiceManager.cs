using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;

namespace Jtfa.Silo;

/// <summary>systemd, where it started this program: it is told when the silo is up and when it stops, and keeps its log.</summary>
internal static class ServiceManager
{
    /// <summary>
    /// Whether standard error goes to the journal, which knows the time and takes levels. JOURNAL_STREAM alone does not tell, since
    /// programs started by a service inherit it: it has to name this very stream, as device:inode.
    /// </summary>
    public static bool KeepsLog =>
        Environment.GetEnvironmentVariable("JOURNAL_STREAM")?.Split(':') is [_, var inode]
        && OperatingSystem.IsLinux() && new FileInfo("/proc/self/fd/2").LinkTarget == $"socket:[{inode}]";

    /// <summary>
    /// Tells it that the host has started, and that it stops, if it has named a socket for that.
    /// <see cref="SystemdHostBuilderExtensions.AddSystemd"/> would look whether the parent is called systemd, but our units hide other
    /// users' processes (ProtectProc=invisible).
    /// </summary>
    public static void AddServiceManager(this IServiceCollection services)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"))) return;
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton<IHostLifetime, SystemdLifetime>();
    }
}
