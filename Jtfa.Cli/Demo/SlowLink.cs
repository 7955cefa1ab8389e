using System.Net;
using System.Net.Sockets;

namespace Jtfa.Cli.Demo;

/// <summary>
/// A link that delays each datagram, so that a demo on one machine has a camera that is late, as over a busy radio: by a base time plus
/// an exponentially distributed time whose mean is half of it.
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
        try
        {
            while (true)
            {
                var length = await _in.ReceiveAsync(buffer, cancellationToken);
                held.RemoveAll(task => task.IsCompletedSuccessfully);
                held.Add(PassOnAsync(buffer[..length], _base * (1 - 0.5 * Math.Log(1 - _random.NextDouble())), cancellationToken));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The demo ends; datagrams still held are dropped.
        }

        await Task.WhenAll(held).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task PassOnAsync(byte[] datagram, TimeSpan delay, CancellationToken cancellationToken)
    {
        await Task.Delay(delay, cancellationToken);
        await _in.SendToAsync(datagram, _to, cancellationToken);
    }
}
