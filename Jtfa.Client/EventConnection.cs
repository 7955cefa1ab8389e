using System.Net.ServerSentEvents;

namespace Jtfa.Client;

/// <summary>One stream of server-sent events, until it ends or breaks.</summary>
/// <typeparam name="T">What the events tell.</typeparam>
internal sealed class EventConnection<T> : IAsyncDisposable
    where T : class
{
    private readonly HttpCalls _calls;
    private readonly HttpResponseMessage _response;
    private readonly TimeLimit _silence;
    private readonly CancellationToken _cancellationToken;
    private readonly IAsyncEnumerator<SseItem<T?>> _events;

    private EventConnection(
        HttpCalls calls, HttpResponseMessage response, Stream content, SseItemParser<T?> parse, HttpJtfaOptions options,
        CancellationToken cancellationToken)
    {
        (_calls, _response, _cancellationToken) = (calls, response, cancellationToken);
        _silence = new TimeLimit(Timeout.InfiniteTimeSpan, options.Clock, cancellationToken);
        var watched = new WatchedStream(content, _silence, options.Silence, options.MaxAnswerBytes);
        _events = SseParser.Create(watched, parse).EnumerateAsync(_silence.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    /// <summary>When the server answered, by its own clock, cut to the second; null when it does not tell.</summary>
    public DateTimeOffset? AnsweredAt => _response.Headers.Date;

    /// <summary>Reads a stream that was opened.</summary>
    /// <param name="calls">Explains what goes wrong.</param>
    /// <param name="response">The stream; it is disposed with this.</param>
    /// <param name="parse">Reads an event's data; null: the event is left out, as those that later versions of a silo may send.</param>
    /// <param name="options">How long it may be silent, and how long an event may be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<EventConnection<T>> ReadAsync(
        HttpCalls calls, HttpResponseMessage response, SseItemParser<T?> parse, HttpJtfaOptions options,
        CancellationToken cancellationToken) =>
        new(calls, response, await response.Content.ReadAsStreamAsync(cancellationToken), parse, options, cancellationToken);

    /// <summary>The next event; null when the connection is gone, or has been silent for too long.</summary>
    /// <exception cref="JtfaUnavailableException">What the server sends are no such events.</exception>
    public async Task<T?> NextAsync()
    {
        try
        {
            while (await _events.MoveNextAsync())
                if (_events.Current.Data is { } told) return told;
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
}
