using System.Diagnostics;

namespace Jtfa.System.Tests.Stage;

/// <summary>
/// Sends decisions of three views one after another at a steady rate from a thread of its own, whether anyone listens or not, and
/// notes when each one's last token was handed to the system.
/// </summary>
internal sealed class DecisionLoad : IDisposable
{
    private readonly List<SentDecision> _sent = [];
    private readonly Thread _thread;
    private volatile bool _stopping;

    public DecisionLoad(int port, long firstDecision, int decisionsPerSecond)
    {
        _thread = new Thread(() => Run(port, firstDecision, decisionsPerSecond)) { IsBackground = true, Name = "load" };
        _thread.Start();
    }

    /// <summary>Sends no more.</summary>
    /// <returns>What was sent, in order.</returns>
    public IReadOnlyList<SentDecision> Stop()
    {
        _stopping = true;
        _thread.Join();
        return _sent;
    }

    public void Dispose() => Stop();

    private void Run(int port, long firstDecision, int decisionsPerSecond)
    {
        using var socket = new TokenSocket(port);
        var clock = Stopwatch.StartNew();
        while (!_stopping)
        {
            var due = (int)(clock.Elapsed.TotalSeconds * decisionsPerSecond);
            while (_sent.Count < due && !_stopping) _sent.Add(Send(socket, firstDecision + _sent.Count));
            Thread.Sleep(1); // the pace of the load, nothing waits for it
        }
    }

    private static SentDecision Send(TokenSocket socket, long id)
    {
        try
        {
            socket.SendViews(id, 0, 1, 2);
            return new SentDecision(id, Stopwatch.GetTimestamp(), Complete: true);
        }
        catch (global::System.Net.Sockets.SocketException)
        {
            // Nobody listens any more: the system tells so by the datagram before.
            return new SentDecision(id, Stopwatch.GetTimestamp(), Complete: false);
        }
    }
}

/// <summary>A decision whose three tokens were sent.</summary>
/// <param name="Id">Decision id.</param>
/// <param name="SentAt">When its last token was sent, of <see cref="Stopwatch.GetTimestamp"/>.</param>
/// <param name="Complete">Whether the system took all three.</param>
internal sealed record SentDecision(long Id, long SentAt, bool Complete);
