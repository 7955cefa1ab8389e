using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Notifications;

/// <summary>Posts decisions to a URL, one after the other, each as the API has it.</summary>
internal sealed partial class WebhookNotifier : Notifier
{
    /// <summary>Header of a body's signature: <c>sha256=</c> and the HMAC-SHA256 of the body in hexadecimal.</summary>
    public const string SignatureHeader = "X-Jtfa-Signature";

    private readonly WebhookOptions _options;
    private readonly ILogger<WebhookNotifier> _logger;
    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly byte[]? _secret;

    public WebhookNotifier(WebhookOptions options, TimeProvider clock, ILogger<WebhookNotifier> logger)
        : base("webhook", options.QueueLimit, options.OnlyChanges, clock)
    {
        (_options, _logger, _url) = (options, logger, new Uri(options.Url!));
        _secret = options.Secret is { } secret ? Encoding.UTF8.GetBytes(secret) : null;
        // Names are looked up again now and then. A redirection would send the signed body elsewhere.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = TimeSpan.FromMilliseconds(options.Timeout),
        };
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await Queue.WaitAsync(stoppingToken))
            while (Queue.TryNext(out var decision)) await TellAsync(decision, stoppingToken);
    }

    private async Task TellAsync(Decision decision, CancellationToken stop)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(decision, JtfaJson.Options);
        for (var tries = 1; ; tries++)
        {
            var refusal = await PostAsync(body, stop);
            if (refusal is null)
            {
                Counters.CountSent();
                if (HasRecovered()) LogBack(_url.Host);
                return;
            }

            if (tries == 1) LogRefused(_url.Host, refusal.Reason);
            if (!refusal.MayPass || tries == _options.Tries)
            {
                Counters.CountFailure();
                Counters.CountDropped();
                return;
            }

            await WaitToRetryAsync(stop);
        }
    }

    private async Task<Refusal?> PostAsync(byte[] body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        if (_secret is not null)
            request.Headers.Add(SignatureHeader, $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(_secret, body))}");
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            if (response.IsSuccessStatusCode) return null;
            var mayPass = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
                or >= HttpStatusCode.InternalServerError;
            return new($"{(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd(), mayPass);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new($"no answer within {_options.Timeout} ms", MayPass: true);
        }
        catch (HttpRequestException fault)
        {
            return new(Secrets.Mask(fault.Message.ReplaceLineEndings(" ")), MayPass: true);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhook at {Host} does not take a decision: {Reason}")]
    private partial void LogRefused(string host, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The webhook at {Host} takes decisions again")]
    private partial void LogBack(string host);

    private sealed record Refusal(string Reason, bool MayPass);
}
