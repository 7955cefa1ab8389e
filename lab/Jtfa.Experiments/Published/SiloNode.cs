using System.Globalization;
using System.Net;
using Jtfa.Core;
using Jtfa.Experiments.Nodes;
using Jtfa.Testbed;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Published;

/// <summary>Starts our own fusion node.</summary>
internal static class SiloNode
{
    public const string Name = "jtfa";

    /// <summary>Starts a silo, logging to a database and a CSV, and waits until it listens.</summary>
    /// <exception cref="TestbedException">It ended or did not come up.</exception>
    public static async Task<MeasuredNode> StartAsync(WindowKeying keying, PublishedSettings settings, CancellationToken cancellationToken)
    {
        var csv = Path.Combine(settings.Scratch, $"jtfa-{keying}.csv");
        var db = Path.Combine(settings.Scratch, $"jtfa-{keying}.db");
        foreach (var old in Directory.GetFiles(settings.Scratch, $"jtfa-{keying}.*")) File.Delete(old);
        FormattableString[] options =
        [
            $"--port={0}", $"--silo-port={FreePorts.Next()}", $"--client-port={FreePorts.Next()}", $"--http=127.0.0.1:0",
            $"--keying={keying}", $"--k={settings.K}", $"--n={settings.N}", $"--timeout={settings.T.TotalMilliseconds}",
            $"--head={Path.Combine(settings.Program.Models, "head.npz")}", $"--db={db}", $"--csv={csv}",
        ];
        var program = await HostProcess.StartAsync(
            TestHost.Here(Name), "the silo", settings.Scratch,
            settings.Program.With(["silo", .. options.Select(option => option.ToString(CultureInfo.InvariantCulture))]));
        try
        {
            var listening = await program.SaysAsync(SiloLines.Taking(), cancellationToken);
            var port = int.Parse(listening.Groups[1].Value, CultureInfo.InvariantCulture);
            return new MeasuredNode(Name, program, new IPEndPoint(IPAddress.Loopback, port), csv, fusesAll: false);
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }
}
