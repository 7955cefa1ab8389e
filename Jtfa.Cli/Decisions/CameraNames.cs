using Jtfa.Client;

namespace Jtfa.Cli.Decisions;

/// <summary>Names of scenes' cameras, by view, as a running silo knows them when a scene's first decision is printed.</summary>
/// <param name="client">Asks the silo.</param>
/// <param name="cancellationToken">Ends the asking.</param>
internal sealed class CameraNames(IJtfaClient client, CancellationToken cancellationToken)
{
    private readonly Dictionary<string, Dictionary<int, string>> _scenes = [];

    /// <summary>The names of a scene's cameras; those that have none are left out.</summary>
    public async ValueTask<IReadOnlyDictionary<int, string>> OfAsync(string scene)
    {
        if (_scenes.TryGetValue(scene, out var names)) return names;
        names = [];
        foreach (var camera in await client.GetCamerasAsync(scene, cancellationToken))
            if (camera.Camera is { } name) names[camera.View] = name;
        return _scenes[scene] = names;
    }
}
