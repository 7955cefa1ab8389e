using System.Net;
using System.Net.Sockets;

namespace Jtfa.Cli.Demo;

/// <summary>
/// A link that delays each datagram, so that a demo on one machine has a camera that is late, as over a busy radio: by a base time plus
/// an exponentially distributed time whose mean is half of it. Answers go back to who sent last.
/// </summary>
internal sealed class SlowLink : IAsyncDisposable
{
    private const int Seed = 1;
    private const int LargestDatagram = 65_507;

    private readonly Socket _in = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly IPEndPoint _to;
    private readonly TimeSpan _base;
    private readonly Random _random = new(Seed);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <summary>Opens the link.</summary>
    /// <param name="to">Where it leads.</param>
    /// <param name="delay">The base time.</param>
    public SlowLink(IPEndPoint to, TimeSpan delay)
    {
        (_to, _base) = (to, delay);
        _in.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _running = RunAsync(_stop.Token);
    }

    /// <summary>Where it takes datagrams.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_in.LocalEndPoint!;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _in.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[LargestDatagram];
        var held = new List<Task>();
        EndPoint any = new IPEndPoint(IPAddress.Any, 0);
        EndPoint? sender = null;
        try
        {
            while (true)
            {
                var received = await _in.ReceiveFromAsync(buffer, any, cancellationToken);
                var isAnswer = received.RemoteEndPoint.Equals(_to);
                if (!isAnswer) sender = received.RemoteEndPoint;
                if ((isAnswer ? sender : _to) is not { } to) continue;
                held.RemoveAll(task => task.IsCompletedSuccessfully);
                var delay = _base * (1 - 0.5 * Math.Log(1 - _random.NextDouble()));
                held.Add(PassOnAsync(buffer[..received.ReceivedBytes], to, delay, cancellationToken));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The demo ends; datagrams still held are dropped.
        }

        await Task.WhenAll(held).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task PassOnAsync(byte[] datagram, EndPoint to, TimeSpan delay, CancellationToken cancellationToken)
    {
        await Task.Delay(delay, cancellationToken);
        await _in.SendToAsync(datagram, to, cancellationToken);
    }
}
