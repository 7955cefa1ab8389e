using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Jtfa.System.Tests.Stage;

/// <summary>How a reader leaves a text.</summary>
internal enum Leaving
{
    /// <summary>It does not.</summary>
    Never,

    /// <summary>It cancels its request, which closes the connection.</summary>
    Cancel,

    /// <summary>Its connection is reset.</summary>
    Reset,
}

/// <summary>What a reader got of a text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Fault">What the silo said of a text that broke off; null: nothing.</param>
/// <param name="IsWhole">Whether it came to its end.</param>
internal sealed record ReadText(string Text, string? Fault, bool IsWhole);

/// <summary>Reads texts of a silo, each over a connection of its own, which it may cut.</summary>
internal sealed class TextReader : IDisposable
{
    private readonly HttpClient _client;
    private Socket? _socket;

    public TextReader(string server)
    {
        // A connection for each text, so that it is known which one to reset.
        var handler = new SocketsHttpHandler { ConnectCallback = ConnectAsync, PooledConnectionLifetime = TimeSpan.Zero };
        _client = new HttpClient(handler) { BaseAddress = new Uri(server), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Events that have come.</summary>
    public int Events { get; private set; }

    /// <summary>Reads a text, to its end or until it leaves.</summary>
    /// <param name="body">What is asked for.</param>
    /// <param name="leaving">How it leaves.</param>
    /// <param name="after">After so many events.</param>
    /// <exception cref="HttpRequestException">The silo refused it.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<ReadText> ReadAsync(JsonObject body, Leaving leaving = Leaving.Never, int after = int.MaxValue)
    {
        var cancel = TestContext.Current.CancellationToken;
        Events = 0;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(body) };
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var (text, fault) = (new StringBuilder(), default(string));
        await foreach (var one in SseParser.Create(await answer.Content.ReadAsStreamAsync(cancel)).EnumerateAsync(cancel))
        {
            if (one.Data == "[DONE]") return new(text.ToString(), fault, IsWhole: true);
            var data = JsonNode.Parse(one.Data)!;
            fault ??= (string?)data["error"]?["message"];
            text.Append((string?)data["choices"]?[0]?["text"]);
            Events++;
            if (Events < after || leaving == Leaving.Never) continue;
            if (leaving == Leaving.Reset) Reset();
            break;
        }

        return new(text.ToString(), fault, IsWhole: false);
    }

    public void Dispose() => _client.Dispose();

    private void Reset()
    {
        if (_socket!.SafeHandle.IsClosed) return; // all of the text has come, and its connection is over
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
        return new NetworkStream(_socket = socket, ownsSocket: true);
    }
}
