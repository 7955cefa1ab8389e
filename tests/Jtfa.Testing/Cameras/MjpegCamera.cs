using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Jtfa.Testing.Cameras;

/// <summary>
/// A network camera on the loopback interface: JPEG pictures one after another over HTTP (multipart/x-mixed-replace), as cheap cameras have
/// it. A test ends its connections, freezes it, damages its pictures, switches it off and on.
/// </summary>
internal sealed class MjpegCamera : IAsyncDisposable
{
    private const string Header = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";

    private readonly IReadOnlyList<byte[]> _pictures;
    private readonly TimeSpan _period;
    private TcpListener? _listener;
    private CancellationTokenSource _up = new();
    private Task _serving = Task.CompletedTask;
    private bool _resets;
    private int _connections;

    /// <summary>A camera that is switched on.</summary>
    /// <param name="pictures">What it shows, again and again, as <see cref="JpegPictures"/> makes them.</param>
    /// <param name="rateHz">Pictures a second.</param>
    public MjpegCamera(IReadOnlyList<byte[]> pictures, double rateHz = 25)
    {
        (_pictures, _period) = (pictures, TimeSpan.FromSeconds(1 / rateHz));
        SwitchOn();
    }

    /// <summary>Its port, the same whenever it is on.</summary>
    public int Port { get; private set; }

    /// <summary>What a source is given as its path.</summary>
    public string Address => $"http://127.0.0.1:{Port}/cam.mjpg";

    /// <summary>Connections that it has taken.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Whether it keeps its connections open and sends nothing more.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Whether every second picture ends after 55 % of its bytes.</summary>
    public bool IsDamaging { get; set; }

    /// <summary>Switches it on: it takes connections.</summary>
    public void SwitchOn()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port) { ExclusiveAddressUse = false };
        _listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _up = new CancellationTokenSource();
        _serving = AcceptAsync(_listener, _up.Token);
    }

    /// <summary>Switches it off: it takes no connections, and those that there are end.</summary>
    /// <param name="reset">By a reset, not by a regular end.</param>
    public async Task SwitchOffAsync(bool reset = false)
    {
        _resets = reset;
        await _up.CancelAsync();
        _listener?.Dispose();
        await _serving;
        _up.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_up.IsCancellationRequested) await SwitchOffAsync();
    }

    private async Task AcceptAsync(TcpListener listener, CancellationToken up)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var connection = await listener.AcceptSocketAsync(up);
                Interlocked.Increment(ref _connections);
                connections.RemoveAll(served => served.IsCompleted);
                connections.Add(ServeAsync(connection, up));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket connection, CancellationToken up)
    {
        using (connection)
        {
            try
            {
                await connection.ReceiveAsync(new byte[4096], up);
                await connection.SendAsync(Encoding.ASCII.GetBytes(Header), up);
                for (var i = 0; ; i++)
                {
                    if (!IsFrozen) await SendAsync(connection, i, up);
                    await Task.Delay(_period, up);
                }
            }
            catch (OperationCanceledException)
            {
                if (_resets) connection.LingerState = new LingerOption(true, 0);
            }
            catch (SocketException)
            {
                // Who watched has gone.
            }
        }
    }

    private async Task SendAsync(Socket connection, int number, CancellationToken up)
    {
        var picture = _pictures[number % _pictures.Count];
        if (IsDamaging && number % 2 == 1) picture = picture[..(picture.Length * 55 / 100)];
        var head = string.Create(
            CultureInfo.InvariantCulture, $"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {picture.Length}\r\n\r\n");
        await connection.SendAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. picture, .. "\r\n"u8], up);
    }
}
