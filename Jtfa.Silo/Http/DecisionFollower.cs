using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Http;

/// <summary>
/// Serves one reader of a scene's live decisions: each once and in the order of the log, from the feed, and from the log where the reader
/// is further behind than the feed goes back.
/// </summary>
internal sealed class DecisionFollower(DecisionFeed feed, ISceneGrain scene, DecisionReader log, TimeProvider clock)
{
    // A decision that is not in the log yet is there after a group commit, or when a database that was away is back.
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(250);

    private const int Batch = 256;

    // Decisions read from the log at once: fewer than the feed keeps, so that the feed may have the last of them.
    private const int Page = 500;

    // Only one reader at a time reads pages: they come from the disk that the silo writes to.
    private static readonly SemaphoreSlim s_reading = new(1);

    /// <summary>Serves from the last <paramref name="last"/> decisions, or from behind a position, until it is cancelled.</summary>
    /// <exception cref="DecisionLogException">The log is needed to find the beginning, and cannot be read; nothing was sent
    /// yet.</exception>
    public async Task ServeAsync(EventStream reader, int last, DecisionPosition? position, CancellationToken stop)
    {
        // The scene knows its last decisions at once. The feed and the log know them a moment later.
        long? place = feed.Next;
        Decision[] first = position is null && last > 0 ? await scene.GetRecentAsync(last, stop) : [];
        var after = position ?? (first.Length > 0 ? DecisionPosition.FromDecision(first[^1]) : await NowAsync(stop));
        if (position is not null || first.Length > 0) place = await FindAsync(after, stop);
        await reader.BeginAsync(stop);
        await reader.WriteAsync([.. first.Select(DecisionFeed.Entry.FrameOf)], stop);
        while (true)
        {
            if (place is { } from && feed.From(from, Batch) is { } entries)
            {
                if (entries.Count > 0) (place, after) = (from + entries.Count, await WriteAsync(reader, entries, stop));
                // the scene is quiet, or the feed gets nothing any more: look into the log
                else if (!await HearsAsync(from, stop)) place = null;
            }
            else
            {
                after = await CatchUpAsync(reader, after, stop);
                place = feed.After(after);
            }
        }
    }

    // With the clock epoch, so that the clock may be set back while the reader waits for its first decision.
    private async Task<DecisionPosition> NowAsync(CancellationToken stop) =>
        DecisionPosition.At(clock.UnixSeconds(), (await scene.GetRoutingAsync(stop)).ClockEpoch);

    // A decision that was just published may be neither in the feed nor in the log yet: taking it for lost would repeat earlier ones.
    private async Task<long?> FindAsync(DecisionPosition position, CancellationToken stop)
    {
        for (var looks = 0; !position.IsTime && looks < 4; looks++)
        {
            if (feed.After(position) is { } place) return place;
            if (await log.HasAsync(feed.Scene, position.Key, stop)) return null;
            await Task.Delay(s_retry, clock, stop);
        }

        return null;
    }

    private static async Task<DecisionPosition> WriteAsync(
        EventStream reader, IReadOnlyList<DecisionFeed.Entry> entries, CancellationToken stop)
    {
        await reader.WriteAsync([.. entries.Select(entry => entry.Frame)], stop);
        return DecisionPosition.FromDecision(entries[^1].Decision);
    }

    private async Task<bool> HearsAsync(long place, CancellationToken stop)
    {
        try
        {
            await feed.WaitAsync(place).WaitAsync(EventStream.Heartbeat, clock, stop);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // Writes a page of the log; called again until the feed has the last decision written.
    private async Task<DecisionPosition> CatchUpAsync(EventStream reader, DecisionPosition after, CancellationToken stop)
    {
        var news = feed.WaitAsync(feed.Next);
        Decision[] page;
        try
        {
            page = await BeatingAsync(reader, ReadAsync(() => log.AfterAsync(feed.Scene, after, Page, stop), stop), stop);
        }
        catch (DecisionLogException)
        {
            page = []; // the database is away: its decisions follow when it is back
        }

        await reader.WriteAsync([.. page.Select(DecisionFeed.Entry.FrameOf)], stop);
        if (page.Length > 0) return DecisionPosition.FromDecision(page[^1]);

        // All committed decisions were read. If the feed lacks the last one, wait until it gets a new one, which is soon in the log, too.
        await reader.BeatAsync(stop);
        if (feed.After(after) is not null) return after;
        await Task.WhenAny(news, Task.Delay(EventStream.Heartbeat, clock, stop));
        stop.ThrowIfCancellationRequested();
        await Task.Delay(s_retry, clock, stop);
        return after;
    }

    // Sends heartbeats while a reader waits for its turn or for a slow database.
    private async Task<T> BeatingAsync<T>(EventStream reader, Task<T> reading, CancellationToken stop)
    {
        while (await Task.WhenAny(reading, Task.Delay(EventStream.Heartbeat, clock, stop)) != reading)
        {
            stop.ThrowIfCancellationRequested();
            await reader.BeatAsync(stop);
        }

        return await reading;
    }

    private static async Task<T> ReadAsync<T>(Func<Task<T>> read, CancellationToken stop)
    {
        await s_reading.WaitAsync(stop);
        try
        {
            return await read();
        }
        finally
        {
            s_reading.Release();
        }
    }
}
