namespace Jtfa.Cli.Decisions;

/// <summary>Says on standard error when a silo that is followed is away, and when it is back; one line for all its scenes.</summary>
internal sealed class ConnectionLines(Uri address)
{
    private readonly string _address = address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
    private readonly HashSet<string> _away = [];

    /// <summary>Takes whether a scene's connection is there.</summary>
    public void Take(string scene, bool isConnected)
    {
        lock (_away)
        {
            var wasAway = _away.Count > 0;
            if (isConnected) _away.Remove(scene);
            else _away.Add(scene);
            if (wasAway == _away.Count > 0) return;
            Console.Error.WriteLine(
                wasAway ? $"jtfa: {_address} is back" : $"jtfa: the connection to {_address} is lost: it goes on when that is back");
        }
    }
}
