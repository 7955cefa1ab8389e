using System.Globalization;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Http;

/// <summary>
/// Serves one reader of a scene's live decisions: each once and in the order of the log, from the feed, and from the log where the reader is
/// further behind than the feed goes back.
/// </summary>
internal sealed class DecisionFollower(DecisionFeed feed, DecisionReader log, TimeProvider clock)
{
    // What is not committed yet is there after a group commit; what a database that is away holds, when it is back.
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(250);

    private const int Batch = 256;

    // From the log: what the feed may then have too.
    private const int Page = 500;

    // One reader's pages at a time are read: they come from disk, beside the silo's own writing.
    private static readonly SemaphoreSlim s_reading = new(1);

    /// <summary>Reads <c>Last-Event-ID</c>.</summary>
    public static bool TryReadPosition(string text, out DecisionPosition position)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        position = new(0, 0);
        if (at < 1
            || !long.TryParse(text.AsSpan(0, at), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id)
            || !double.TryParse(text.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var time)
            || !double.IsFinite(time)) return false;
        position = new(id, time);
        return true;
    }

    /// <summary>Serves from the last <paramref name="last"/> decisions, or from behind a position, until it is cancelled.</summary>
    public async Task ServeAsync(EventStream reader, int last, DecisionPosition? position, CancellationToken stop)
    {
        await reader.BeginAsync(stop);
        var place = position is null ? feed.Next - last : feed.After(position.Id);
        var after = position ?? new DecisionPosition(long.MinValue, clock.UnixSeconds());
        if (position is null && last > 0 && feed.From(place!.Value, 1) is null) (place, after) = (null, await BeforeLastAsync(last, stop));

        while (true)
        {
            if (place is { } from && feed.From(from, Batch) is { } entries)
            {
                if (entries.Count == 0) await WaitAsync(reader, from, stop);
                else (place, after) = (from + entries.Count, await WriteAsync(reader, entries, stop));
            }
            else
            {
                after = await CatchUpAsync(reader, after, stop);
                place = feed.After(after.Id);
            }
        }
    }

    private static async Task<DecisionPosition> WriteAsync(EventStream reader, IReadOnlyList<DecisionFeed.Entry> entries, CancellationToken stop)
    {
        await reader.WriteAsync([.. entries.Select(entry => entry.Frame)], stop);
        return DecisionPosition.Of(entries[^1].Decision);
    }

    // Where nobody has followed the scene for so long.
    private async Task<DecisionPosition> BeforeLastAsync(int last, CancellationToken stop)
    {
        var decisions = await ReadAsync(() => log.LastAsync(last + 1, feed.Scene, stop), stop);
        return decisions.Count > last ? DecisionPosition.Of(decisions[0]) : new DecisionPosition(long.MinValue, double.MinValue);
    }

    private async Task WaitAsync(EventStream reader, long place, CancellationToken stop)
    {
        try
        {
            await feed.WaitAsync(place).WaitAsync(EventStream.Heartbeat, clock, stop);
        }
        catch (TimeoutException)
        {
            await reader.BeatAsync(stop);
        }
    }

    // A page of the log, until its last is one that the feed has.
    private async Task<DecisionPosition> CatchUpAsync(EventStream reader, DecisionPosition after, CancellationToken stop)
    {
        var news = feed.WaitAsync(feed.Next);
        Decision[] page;
        try
        {
            page = await ReadAsync(() => log.AfterAsync(feed.Scene, after, Page, stop), stop);
        }
        catch (DecisionLogException)
        {
            page = []; // the database is away: what it has comes when it is back
        }

        await reader.WriteAsync([.. page.Select(DecisionFeed.Entry.FrameOf)], stop);
        if (page.Length > 0) return DecisionPosition.Of(page[^1]);

        // All that is committed was read. What the feed hears of now is in the log a moment later.
        await Task.WhenAny(news, Task.Delay(EventStream.Heartbeat, clock, stop));
        stop.ThrowIfCancellationRequested();
        await reader.BeatAsync(stop);
        await Task.Delay(s_retry, clock, stop);
        return after;
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
