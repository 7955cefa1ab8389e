using System.Buffers;
using System.Threading.Channels;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// Sends a camera's datagrams once more, a while after the first time (RFC 7198): where a link fades for less than that, one of the two
/// comes. Copies are sent by a loop of their own, since a camera may wait for its next frame meanwhile. What is waiting when it is disposed
/// is not sent.
/// </summary>
internal sealed class DelayedCopies : IAsyncDisposable
{
    /// <summary>The most that wait: beyond that the oldest are not sent.</summary>
    public const int Most = 2048;

    private readonly TimeSpan _delay;
    private readonly TokenSender _sender;
    private readonly Action<int> _sent;
    private readonly TimeProvider _time;
    private readonly Channel<Copy> _waiting = Channel.CreateBounded<Copy>(
        new BoundedChannelOptions(Most) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true, SingleWriter = true },
        dropped => ArrayPool<byte>.Shared.Return(dropped.Bytes));

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;

    /// <summary>Nothing waits yet.</summary>
    /// <param name="delay">From <see cref="Add"/> to sending.</param>
    /// <param name="sender">Sends.</param>
    /// <param name="sent">Told of each copy that was sent, with its length.</param>
    /// <param name="time">Delays.</param>
    public DelayedCopies(TimeSpan delay, TokenSender sender, Action<int> sent, TimeProvider time)
    {
        (_delay, _sender, _sent, _time) = (delay, sender, sent, time);
        _sending = Task.Run(SendAllAsync);
    }

    /// <summary>Takes a copy of a datagram, to be sent when the delay has passed.</summary>
    public void Add(ReadOnlySpan<byte> datagram)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(datagram.Length);
        datagram.CopyTo(bytes);
        _waiting.Writer.TryWrite(new Copy(bytes, datagram.Length, _time.GetTimestamp()));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sending;
        _stop.Dispose();
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (var copy in _waiting.Reader.ReadAllAsync(_stop.Token))
            {
                var left = _delay - _time.GetElapsedTime(copy.AddedAt);
                if (left > TimeSpan.Zero) await Task.Delay(WholeMilliseconds(left), _time, _stop.Token);
                if (await _sender.SendAsync(copy.Bytes.AsMemory(0, copy.Length), _stop.Token)) _sent(copy.Length);
                ArrayPool<byte>.Shared.Return(copy.Bytes);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    // Timers cut fractions off.
    private static TimeSpan WholeMilliseconds(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));

    private readonly record struct Copy(byte[] Bytes, int Length, long AddedAt);
}
