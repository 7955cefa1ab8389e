using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Nodes;

/// <summary>A camera that every view has: one way of making tokens of its frames.</summary>
/// <param name="Scene">Where its tokens go.</param>
/// <param name="Encoding">How they are encoded.</param>
/// <param name="Model">The folder of model.json.</param>
/// <param name="RateHz">Captures a second.</param>
internal sealed record ViewCamera(string Scene, Core.TokenEncoding Encoding, string Model, double RateHz);

/// <summary>
/// The camera hosts' silos, each with many cameras of its one view: all look at the same moments, and share the host and its link.
/// </summary>
internal static class CameraSilos
{
    /// <summary>Starts a silo on each host, and waits until its cameras capture.</summary>
    /// <param name="hosts">The camera hosts, by view.</param>
    /// <param name="program">The program.</param>
    /// <param name="folder">Where their configurations and logs are.</param>
    /// <param name="photographs">What they look at.</param>
    /// <param name="cameras">The cameras of each view.</param>
    /// <param name="to">Where each host sends, by view.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="Jtfa.Testbed.TestbedException">One did not start; the message says why.</exception>
    public static async Task<HostProcesses> StartAsync(
        IReadOnlyList<TestHost> hosts, JtfaProgram program, string folder, Photographs photographs, IReadOnlyList<ViewCamera> cameras,
        IReadOnlyList<IPEndPoint> to, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var views = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(program.Models, "views.json"), cancellationToken))!.AsArray();
        for (var view = 0; view < hosts.Count; view++)
            await File.WriteAllTextAsync(
                FileOf(folder, view), Configuration(view, views[view]!, photographs, cameras, to[view]), cancellationToken);
        var silos = await HostProcesses.StartAsync(
            hosts, view => $"the silo of {CameraNodes.NameOf(view)}", folder, view => program.With(
                "silo", "--config", FileOf(folder, view)));
        try
        {
            await silos.SayAsync(SiloLines.Up(), cancellationToken);
            return silos;
        }
        catch
        {
            await silos.DisposeAsync();
            throw;
        }
    }

    private static string FileOf(string folder, int view) => Path.Combine(folder, $"view{view}.json");

    // They fuse nothing, but a camera tells its scene its name, so the scenes are there.
    private static string Configuration(
        int view, JsonNode description, Photographs photographs, IReadOnlyList<ViewCamera> cameras, IPEndPoint to)
    {
        var transform = description["transform"]!.DeepClone().AsObject();
        foreach (var nothing in transform.Where(member => member.Value is null).Select(member => member.Key).ToList())
            transform.Remove(nothing);
        return JsonSerializer.Serialize(new
        {
            Jtfa = new
            {
                Ingress = new { Sockets = new[] { new { Port = 0 } } },
                Http = new { Enabled = false },
                Cluster = FreePorts.OfSilo(),
                Log = new { Path = $"view{view}.db" },
                Scenes = cameras.Select(camera => new { Name = camera.Scene }),
                Cameras = cameras.Select(camera => new
                {
                    camera.Scene,
                    Camera = CameraNodes.Names[view],
                    View = view,
                    camera.RateHz,
                    Encoding = camera.Encoding.ToString(),
                    camera.Model,
                    Destination = to.ToString(),
                    Source = new { Kind = "Idx", Path = photographs.Images, photographs.Labels, Transform = transform },
                }),
            },
        });
    }
}
