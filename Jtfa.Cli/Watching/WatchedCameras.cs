using System.Text.Json;
using Jtfa.Cli.Decisions;
using Jtfa.Client;
using Jtfa.Interfaces;
using Spectre.Console;

namespace Jtfa.Cli.Watching;

/// <summary>Shows how cameras are doing once a second, whether their silo is there or not.</summary>
/// <param name="client">Asks the silo.</param>
/// <param name="scenes">Whose cameras.</param>
/// <param name="connection">Is told when the silo is away and back.</param>
internal sealed class WatchedCameras(HttpJtfaClient client, IReadOnlyList<string> scenes, ConnectionLines connection)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly CameraWatch _watch = new();

    /// <summary>Shows them until it is cancelled or nobody reads the output any more.</summary>
    public async Task ShowAsync(bool asJson, CancellationToken cancellationToken)
    {
        try
        {
            await LookAsync(cancellationToken); // a fault at the beginning is the command's; later ones are waited for
            if (asJson || Console.IsOutputRedirected) await PrintAsync(ResultOutput.Open(), asJson, cancellationToken);
            else await DrawAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It ends with Ctrl-C: that is no fault.
        }
        catch (IOException fault) when (ResultOutput.ReaderHasGone(fault))
        {
            // As in `jtfa cameras --watch | head`.
        }
    }

    private Task DrawAsync(CancellationToken cancellationToken) => AnsiConsole.Live(new Text("")).StartAsync(live => RepeatAsync(
        cameras =>
        {
            live.UpdateTarget(TableOf(cameras).Draw());
            return Task.CompletedTask;
        },
        cancellationToken));

    private Task PrintAsync(TextWriter output, bool asJson, CancellationToken cancellationToken) => RepeatAsync(
        async cameras =>
        {
            if (asJson)
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(cameras, JtfaJson.Options));
                return;
            }

            await TableOf(cameras).WriteLinesAsync(output);
            await output.WriteLineAsync();
        },
        cancellationToken);

    private async Task RepeatAsync(Func<IReadOnlyList<WatchedCamera>, Task> show, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_period);
        do
        {
            try
            {
                await show(await LookAsync(cancellationToken));
                connection.Take("", isConnected: true);
            }
            catch (JtfaUnavailableException)
            {
                connection.Take("", isConnected: false);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task<IReadOnlyList<WatchedCamera>> LookAsync(CancellationToken cancellationToken)
    {
        var seen = new List<WatchedCamera>();
        foreach (var scene in scenes)
        {
            var snapshot = await client.GetSnapshotAsync(scene, new SnapshotSpan(0, 0, 0), cancellationToken);
            seen.AddRange(_watch.Take(scene, snapshot.Cameras, snapshot.Time));
        }

        return seen;
    }

    private static ResultTable TableOf(IReadOnlyList<WatchedCamera> cameras)
    {
        var table = new ResultTable(WatchedCamera.Columns);
        foreach (var camera in cameras) table.Add(camera.Cells());
        return table;
    }
}
