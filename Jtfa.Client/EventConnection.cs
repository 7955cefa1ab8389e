using System.Net.ServerSentEvents;
using System.Text.Json;
using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>One connection to a scene's live decisions, until it breaks.</summary>
internal sealed class EventConnection : IAsyncDisposable
{
    private readonly HttpCalls _calls;
    private readonly HttpResponseMessage _response;
    private readonly TimeLimit _silence;
    private readonly CancellationToken _cancellationToken;
    private readonly IAsyncEnumerator<SseItem<Decision?>> _events;

    private EventConnection(
        HttpCalls calls, HttpResponseMessage response, Stream content, HttpJtfaOptions options, CancellationToken cancellationToken)
    {
        (_calls, _response, _cancellationToken) = (calls, response, cancellationToken);
        _silence = new TimeLimit(Timeout.InfiniteTimeSpan, options.Clock, cancellationToken);
        var watched = new WatchedStream(content, _silence, options.Silence, options.MaxAnswerBytes);
        _events = SseParser.Create(watched, Parse).EnumerateAsync(_silence.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    /// <summary>When the server answered, by its own clock, cut to the second; null when it does not tell.</summary>
    public DateTimeOffset? AnsweredAt => _response.Headers.Date;

    /// <summary>Connects, once.</summary>
    /// <exception cref="JtfaUnavailableException">The stream cannot be opened now.</exception>
    public static async Task<EventConnection> OpenAsync(
        HttpCalls calls, string path, string? lastEventId, HttpJtfaOptions options, CancellationToken cancellationToken)
    {
        var response = await calls.OpenEventsAsync(path, lastEventId, cancellationToken);
        return new EventConnection(
            calls, response, await response.Content.ReadAsStreamAsync(cancellationToken), options, cancellationToken);
    }

    /// <summary>The next decision; null when the connection is gone, or has been silent for too long.</summary>
    /// <exception cref="JtfaUnavailableException">What the server sends are no decisions.</exception>
    public async Task<Decision?> NextAsync()
    {
        try
        {
            while (await _events.MoveNextAsync())
                if (_events.Current.Data is { } decision) return decision;
            return null;
        }
        catch (Exception fault)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (fault is InvalidDataException) throw _calls.InvalidAnswer(fault.Message, fault);
            if (_calls.Explain(fault, _silence) is not { } explained) throw;
            return explained.MayPass ? null : throw explained;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        _response.Dispose(); // not read to its end, so its connection is closed
        _silence.Dispose();
    }

    // Later versions of the silo may send other events; this version ignores them.
    private static Decision? Parse(string type, ReadOnlySpan<byte> data) =>
        type == "decision" ? JsonSerializer.Deserialize<Decision>(data, JtfaJson.Options) : null;
}
