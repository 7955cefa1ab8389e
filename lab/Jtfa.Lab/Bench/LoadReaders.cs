namespace Jtfa.Lab.Bench;

/// <summary>What readers of an ingest bench got.</summary>
internal sealed record ReadLoad(long PageUpdates, long FollowedDecisions, long Bytes, double CpuSeconds);

/// <summary>Reads live, as live pages do and as programs that follow decisions do: all it gets, and as fast as it comes.</summary>
internal sealed class LoadReaders : IDisposable
{
    private static readonly byte[] s_end = "\n\n"u8.ToArray();
    private static readonly byte[] s_heartbeat = ":\n\n"u8.ToArray();

    private readonly HttpClient _client;
    private long _updates;
    private long _decisions;
    private long _bytes;

    /// <param name="server">The silo's URL.</param>
    public LoadReaders(Uri server) => _client = new HttpClient { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Reads until it is cancelled.</summary>
    /// <exception cref="HttpRequestException">The silo refused a reader.</exception>
    public async Task<ReadLoad> RunAsync(string scene, int pages, int followers, CancellationToken end)
    {
        var reading = Enumerable.Range(0, pages)
            .Select(_ => ReadAsync($"/v1/live?scene={scene}", count => Interlocked.Add(ref _updates, count), end))
            .Concat(
                Enumerable.Range(0, followers)
                    .Select(_ => ReadAsync($"/v1/scenes/{scene}/decisions/live", count => Interlocked.Add(ref _decisions, count), end)));
        await Task.WhenAll(reading);
        return new ReadLoad(_updates, _decisions, _bytes, Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    public void Dispose() => _client.Dispose();

    private async Task ReadAsync(string url, Action<int> count, CancellationToken end)
    {
        var buffer = new byte[65_536];
        try
        {
            using var response = await _client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, end);
            response.EnsureSuccessStatusCode();
            await using var stream = await response.Content.ReadAsStreamAsync(end);
            while (await stream.ReadAsync(buffer, end) is > 0 and var length)
            {
                var read = buffer.AsSpan(0, length);
                count(read.Count(s_end) - read.Count(s_heartbeat));
                Interlocked.Add(ref _bytes, length);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The bench is over.
        }
    }
}
