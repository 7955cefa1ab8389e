using System.Text.RegularExpressions;

namespace Jtfa.Testbed.Hosts;

/// <summary>Programs that belong together, one for each view. All end when it is disposed.</summary>
public sealed class HostProcesses : IAsyncDisposable
{
    private readonly List<HostProcess> _processes = [];

    private HostProcesses()
    {
    }

    /// <summary>Starts a program on each host; where one cannot be started, none is left.</summary>
    /// <param name="hosts">The hosts, by view.</param>
    /// <param name="name">What messages call a view's program.</param>
    /// <param name="folder">Their working folder, made if it is not there.</param>
    /// <param name="program">A view's program and its arguments.</param>
    /// <exception cref="TestbedException">There is no such program.</exception>
    public static async Task<HostProcesses> StartAsync(
        IReadOnlyList<TestHost> hosts, Func<int, string> name, string folder, Func<int, IReadOnlyList<string>> program)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(program);
        Directory.CreateDirectory(folder);
        var all = new HostProcesses();
        try
        {
            for (var view = 0; view < hosts.Count; view++)
                all._processes.Add(await HostProcess.StartAsync(hosts[view], name(view), folder, program(view)));
            return all;
        }
        catch
        {
            await all.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until each writes, or has written, such a line.</summary>
    /// <exception cref="TestbedException">As <see cref="HostProcess.SaysAsync"/>.</exception>
    public async Task SayAsync(Regex line, CancellationToken cancellationToken)
    {
        foreach (var process in _processes) await process.SaysAsync(line, cancellationToken);
    }

    /// <summary>Waits until all have ended by themselves.</summary>
    /// <exception cref="TestbedException">One ended with a fault; the message has its last lines.</exception>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        foreach (var process in _processes) await process.EndsAsync(cancellationToken);
    }

    /// <summary>Throws if one has ended.</summary>
    /// <exception cref="TestbedException">One has; the message has its last lines.</exception>
    public void MustRun() => _processes.ForEach(process => process.MustRun());

    /// <summary>Stops them.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_processes.Select(process => process.DisposeAsync().AsTask()));
        _processes.Clear();
    }
}
