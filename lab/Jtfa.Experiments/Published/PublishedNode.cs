using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Jtfa.Core;
using Jtfa.Experiments.Nodes;
using Jtfa.Testbed;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Published;

/// <summary>Starts the published fusion script.</summary>
internal static class PublishedNode
{
    public const string Name = "published";

    private const int Dimension = 16;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Starts it and waits until it has decided once. The script fails unless a token comes before its first timeout: so tokens are sent
    /// to it from before it listens until its log has a line.
    /// </summary>
    /// <exception cref="TestbedException">It ended or did not start to decide.</exception>
    public static async Task<MeasuredNode> StartAsync(
        string python, ReferenceFolder reference, PublishedSettings settings, CancellationToken cancellationToken)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        var csv = Path.Combine(settings.Scratch, "published.csv");
        File.Delete(csv);
        FormattableString[] options =
        [
            $"--bind-ip={endPoint.Address}", $"--bind-port={endPoint.Port}", $"--min-views={settings.K}",
            $"--expected-producers={settings.N}",
            $"--timeout-s={settings.T.TotalSeconds}", $"--csv={csv}", $"--head-npz={Path.Combine(settings.Program.Models, "head.npz")}",
        ];
        var program = await HostProcess.StartAsync(
            TestHost.Here(Name), "the published fusion node", settings.Scratch,
            [python, reference.Fusion, .. options.Select(option => option.ToString(CultureInfo.InvariantCulture))]);
        try
        {
            await AwakenAsync(program, endPoint, csv, cancellationToken);
            return new MeasuredNode(Name, program, endPoint, csv, fusesAll: true);
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    private static async Task AwakenAsync(HostProcess program, IPEndPoint endPoint, string csv, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_deadline);
        try
        {
            while (new FileInfo(csv) is not { Exists: true, Length: > 0 })
            {
                program.MustRun();
                await socket.SendToAsync(Token(), SocketFlags.None, endPoint, limit.Token);
                await Task.Delay(s_interval, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TestbedException(
                $"The published fusion node has not decided after {s_deadline.TotalSeconds} s; it said last: " +
                $"{program.Lines.LastOrDefault("nothing")}");
        }
    }

    private static ReadOnlyMemory<byte> Token()
    {
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        var packet = new TokenPacket { Timestamp = TimeProvider.System.UnixSeconds(), Scale = 1, Values = new sbyte[Dimension] };
        return datagram.AsMemory(0, PacketCodec.Write(packet, datagram));
    }
}
