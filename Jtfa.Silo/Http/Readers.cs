using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Http;

/// <summary>
/// All who read live: how many there may be, and how much they get together a second. Only its position is kept for a reader, so that a
/// slow one costs no memory.
/// </summary>
internal sealed class Readers : IDisposable
{
    // How often the budget is filled up; a quarter of a second's budget may be spent at once.
    private static readonly TimeSpan s_replenish = TimeSpan.FromMilliseconds(50);

    private readonly HttpOptions _options;
    private readonly CancellationToken _stopping;
    private readonly TokenBucketRateLimiter _budget;
    private readonly Timer _replenisher; // ticks while there are readers
    private int _count;

    public Readers(HttpOptions options, IHostApplicationLifetime lifetime)
    {
        (_options, _stopping) = (options, lifetime.ApplicationStopping);
        _budget = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = Math.Max(options.ReaderBytesPerSecond / 4, EventStream.LargestWrite),
            TokensPerPeriod = (int)(options.ReaderBytesPerSecond * s_replenish.TotalSeconds),
            ReplenishmentPeriod = s_replenish,
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            AutoReplenishment = false,
        });
        _replenisher = new Timer(_ => _budget.TryReplenish());
    }

    /// <summary>Readers now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Serves one reader until it goes or the silo stops, unless there are too many.</summary>
    public async Task<IResult> ServeAsync(HttpContext context, Func<EventStream, CancellationToken, Task> serve)
    {
        try
        {
            if (Add(1) > _options.MaxReaders)
            {
                context.Response.Headers.RetryAfter = "5";
                return Problems.Create(
                    StatusCodes.Status503ServiceUnavailable,
                    $"There are {_options.MaxReaders} live readers already: try again later, or raise " +
                    $"{HttpOptions.Section}:{nameof(HttpOptions.MaxReaders)}");
            }

            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping);
            try
            {
                await serve(new EventStream(context.Response, this), end.Token);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The reader has gone, or the silo stops; a reader that reconnects says where it was.
            }

            // If nothing was sent yet, say why: an empty answer would look like another server's.
            return context.Response.HasStarted
                ? TypedResults.Empty
                : Problems.Create(StatusCodes.Status503ServiceUnavailable, "The silo stops: try again");
        }
        finally
        {
            Add(-1);
        }
    }

    /// <summary>Waits until so many bytes may be sent, in the order of asking.</summary>
    public async ValueTask AcquireAsync(int bytes, CancellationToken cancellationToken)
    {
        for (; bytes > 0; bytes -= EventStream.LargestWrite)
        {
            using var lease = await _budget.AcquireAsync(Math.Min(bytes, EventStream.LargestWrite), cancellationToken);
        }
    }

    public void Dispose()
    {
        _replenisher.Dispose();
        _budget.Dispose();
    }

    private int Add(int readers)
    {
        lock (_budget)
        {
            var before = _count;
            _count += readers;
            if (before == 0) _replenisher.Change(s_replenish, s_replenish);
            if (_count == 0) _replenisher.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return _count;
        }
    }
}
