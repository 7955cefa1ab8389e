using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>Requests to one silo: tried again while that may help; failures become the exceptions of <see cref="IJtfaClient"/>.</summary>
internal sealed class HttpCalls(HttpClient http, Uri address, HttpJtfaOptions options)
{
    private readonly string _address = address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
        .TrimEnd('/');

    /// <summary>Who is asked, for faults.</summary>
    public string Address => _address;

    /// <summary>The URL of what is at a path.</summary>
    public Uri UrlOf(string path) => new($"{_address}/{path}");

    /// <summary>Asks for a JSON document.</summary>
    /// <param name="path">Below the address, without a slash at its beginning.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        SendAsync(() => Request(HttpMethod.Get, path), ReadAsync<T>, cancellationToken);

    /// <summary>Asks for a JSON document that may not exist.</summary>
    /// <returns>null when the server has no such thing.</returns>
    public Task<T?> FindAsync<T>(string path, CancellationToken cancellationToken)
        where T : class =>
        SendAsync(() => Request(HttpMethod.Get, path), FindAsync<T>, cancellationToken);

    /// <summary>Replaces a JSON document; it may be tried again, because doing it twice is the same as once.</summary>
    public Task<T> PutAsync<T>(string path, object content, CancellationToken cancellationToken) => SendAsync(
        () =>
        {
            var request = Request(HttpMethod.Put, path);
            request.Content = JsonContent.Create(content, content.GetType(), options: JtfaJson.Options);
            return request;
        },
        ReadAsync<T>, cancellationToken);

    /// <summary>Asks for what a JSON document describes; it may be tried again, because that changes nothing.</summary>
    public Task<T> PostAsync<T>(string path, JsonObject content, CancellationToken cancellationToken) =>
        SendAsync(() => Post(path, content), ReadAsync<T>, cancellationToken);

    /// <summary>Has something done, once.</summary>
    public Task<T> PostOnceAsync<T>(string path, CancellationToken cancellationToken) =>
        SendOnceAsync(() => Request(HttpMethod.Post, path), ReadAsync<T>, cancellationToken);

    /// <summary>Asks for the status and the text of an answer, whatever the status.</summary>
    /// <returns>The status and the text of the answer.</returns>
    public Task<(HttpStatusCode Status, string Text)> AskAsync(string path, CancellationToken cancellationToken) => SendAsync(
        () => Request(HttpMethod.Get, path),
        async (response, token) => (response.StatusCode, (await response.Content.ReadAsStringAsync(token)).Trim()),
        cancellationToken);

    /// <summary>Opens a stream of server-sent events, once: the caller tries again.</summary>
    /// <exception cref="JtfaUnavailableException">The stream cannot be opened now.</exception>
    public Task<HttpResponseMessage> OpenEventsAsync(string path, string? lastEventId, CancellationToken cancellationToken) =>
        OpenEventsAsync(
            () =>
            {
                var request = Request(HttpMethod.Get, path);
                if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
                return request;
            },
            cancellationToken);

    /// <summary>Opens the stream of server-sent events that a JSON document asks for, as the other requests are made.</summary>
    public Task<HttpResponseMessage> PostForEventsAsync(string path, JsonObject content, CancellationToken cancellationToken) =>
        RepeatAsync(() => OpenEventsAsync(() => Post(path, content), cancellationToken), cancellationToken);

    private async Task<HttpResponseMessage> OpenEventsAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        using var limit = new TimeLimit(options.RequestTimeout, options.Clock, cancellationToken);
        using var request = make();
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        HttpResponseMessage? response = null;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!response.IsSuccessStatusCode) await response.Content.LoadIntoBufferAsync(options.MaxAnswerBytes, limit.Token);
            await ThrowForStatusAsync(response, limit.Token);
            if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
                throw InvalidAnswer($"{response.Content.Headers.ContentType} instead of events");
            return response;
        }
        catch (Exception fault)
        {
            response?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (Explain(fault, limit) is { } explained) throw explained;
            throw;
        }
    }

    /// <summary>The exception to throw for a failed connection; null when the fault is not the network's.</summary>
    public JtfaUnavailableException? Explain(Exception fault, TimeLimit limit) => fault switch
    {
        OperationCanceledException when limit.Passed || fault.InnerException is TimeoutException =>
            new(_address, $"{_address} did not answer in time: see whether its silo is well, or ask again later", fault) { MayPass = true },
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } =>
            InvalidAnswer(fault.Message, fault),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } =>
            new(_address, $"no silo answers at {_address} ({fault.Message}): start one with 'jtfa silo', or name another's address",
                fault)
            { MayPass = true, NobodyAnswers = true },
        HttpRequestException or IOException =>
            new(_address, $"the connection to {_address} failed ({fault.Message}): see whether its silo is well, or ask again later",
                fault)
            { MayPass = true },
        JsonException => InvalidAnswer(fault.Message, fault),
        _ => null,
    };

    /// <summary>The exception to throw when the server is no JTFA silo.</summary>
    public JtfaUnavailableException InvalidAnswer(string detail, Exception? fault = null) =>
        new(_address, $"what answers at {_address} is no JTFA silo ({detail.ReplaceLineEndings(" ")}): name a silo's address", fault);

    /// <summary>The exception to throw for a text that its silo began and does not end.</summary>
    public JtfaUnavailableException BrokenOff(string detail) =>
        new(_address, $"{_address} broke the text off ({detail.ReplaceLineEndings(" ")}): ask again");

    private Task<T> SendAsync<T>(
        Func<HttpRequestMessage> request, Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken) =>
        RepeatAsync(() => SendOnceAsync(request, read, cancellationToken), cancellationToken);

    private async Task<T> RepeatAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options.FirstDelay, options.MaxDelay, options.Clock);
        while (true)
        {
            TimeSpan? after;
            try
            {
                return await ask();
            }
            catch (JtfaUnavailableException fault) when (
                fault.MayPass && backoff.Tries < options.Retries && !(fault.RetryAfter > options.MaxRetryAfter))
            {
                after = fault.RetryAfter;
            }

            await backoff.WaitAsync(after, cancellationToken);
        }
    }

    private async Task<T> SendOnceAsync<T>(
        Func<HttpRequestMessage> make, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var limit = new TimeLimit(options.RequestTimeout, options.Clock, cancellationToken);
        using var request = make();
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            // Read in full here, so that an answer that breaks off is asked for again, and an endless one is refused.
            await response.Content.LoadIntoBufferAsync(options.MaxAnswerBytes, limit.Token);
            return await read(response, limit.Token);
        }
        catch (Exception fault)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Explain(fault, limit) is { } explained) throw explained;
            throw;
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await ThrowForStatusAsync(response, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType != "application/json")
            throw InvalidAnswer($"{response.Content.Headers.ContentType} instead of JSON");
        return await response.Content.ReadFromJsonAsync<T>(JtfaJson.Options, cancellationToken)
            ?? throw InvalidAnswer("null instead of an answer");
    }

    private async Task<T?> FindAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
        where T : class =>
        response.StatusCode == HttpStatusCode.NotFound && Problem.IsOne(response) ? null : await ReadAsync<T>(response, cancellationToken);

    private async Task ThrowForStatusAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode) return;
        var detail = await Problem.ReadAsync(response, cancellationToken);
        throw (response.StatusCode, detail) switch
        {
            (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, _) =>
                new JtfaUnauthorizedException(_address, options.Token is not null),
            (HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.GatewayTimeout, _) =>
                new JtfaUnavailableException(_address, $"{_address} cannot serve now ({detail ?? Status(response)}): ask again later")
                {
                    MayPass = true,
                    RetryAfter = RetryAfter(response),
                },
            ( >= HttpStatusCode.InternalServerError, _) =>
                new JtfaUnavailableException(_address, $"{_address} failed ({detail ?? Status(response)}): its silo's log says why"),
            (HttpStatusCode.NotFound, { } said) => new JtfaNotFoundException(_address, said),
            ( >= HttpStatusCode.BadRequest, { } said) => new JtfaInvalidValueException(_address, said),
            _ => InvalidAnswer(Status(response)),
        };
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - options.Clock.GetUtcNow(),
        _ => null,
    };

    private static string Status(HttpResponseMessage response) => $"{(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();

    private HttpRequestMessage Post(string path, JsonObject content)
    {
        var request = Request(HttpMethod.Post, path);
        request.Content = new StringContent(content.ToJsonString(), Encoding.UTF8, "application/json");
        return request;
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri($"{_address}/{path}"));
        if (options.Token is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }
}

/// <summary>Cancels what takes too long, and tells that from a cancellation by the caller.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _passed;
    private readonly CancellationTokenSource _either;

    public TimeLimit(TimeSpan limit, TimeProvider clock, CancellationToken caller)
    {
        _passed = new CancellationTokenSource(limit, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_passed.Token, caller);
    }

    /// <summary>Cancelled when the time is over, or by the caller.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether the time is over.</summary>
    public bool Passed => _passed.IsCancellationRequested;

    /// <summary>Begins anew.</summary>
    public void Restart(TimeSpan limit) => _passed.CancelAfter(limit);

    public void Dispose()
    {
        _either.Dispose();
        _passed.Dispose();
    }
}
