using System.Globalization;
using System.Net;
using System.Threading.Channels;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Client.Tests.Stage;

/// <summary>A web server on a free port that answers as a test says.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Channel<Asked> _requests = Channel.CreateUnbounded<Asked>();

    private ScriptedServer(Func<HttpContext, Task> answer, int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _application = builder.Build();
        _application.Run(async context =>
        {
            await _requests.Writer.WriteAsync(await Asked.ReadAsync(context.Request));
            await answer(context);
        });
    }

    /// <summary>What was asked, in order.</summary>
    public ChannelReader<Asked> Requests => _requests.Reader;

    public Uri Address => new(_application.Urls.Single());

    /// <summary>Starts a server that gives every request the same kind of answer.</summary>
    public static async Task<ScriptedServer> StartAsync(Func<HttpContext, Task> answer, int port = 0)
    {
        var server = new ScriptedServer(answer, port);
        await server._application.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Starts a server that gives the n-th request the n-th answer, and the last one to all after it.</summary>
    public static Task<ScriptedServer> StartAsync(params Func<HttpContext, Task>[] answers)
    {
        var next = -1;
        return StartAsync(context => answers[Math.Min(Interlocked.Increment(ref next), answers.Length - 1)](context));
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token); // whoever still listens is cut off
        await _application.DisposeAsync();
    }
}

/// <summary>A request.</summary>
internal sealed record Asked(string Method, string Path, string? Authorization, string? LastEventId, string Body)
{
    public static async Task<Asked> ReadAsync(HttpRequest request)
    {
        using var body = new StreamReader(request.Body);
        return new Asked(
            request.Method, request.Path + request.QueryString, request.Headers.Authorization.FirstOrDefault(),
            request.Headers["Last-Event-ID"].FirstOrDefault(),
            await body.ReadToEndAsync(request.HttpContext.RequestAborted));
    }
}

/// <summary>Answers of a scripted server.</summary>
internal static class Answer
{
    public static Func<HttpContext, Task> Json(object value) =>
        context => context.Response.WriteAsJsonAsync(value, value.GetType(), JtfaJson.Options, context.RequestAborted);

    public static Func<HttpContext, Task> Status(int status, string? retryAfter = null) => context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null) context.Response.Headers.RetryAfter = retryAfter;
        return Task.CompletedTask;
    };

    public static Func<HttpContext, Task> Problem(int status, string content) => Text(content, "application/problem+json", status);

    public static Func<HttpContext, Task> Text(string content, string type, int status = 200) => context =>
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, type);
        return context.Response.WriteAsync(content, context.RequestAborted);
    };

    /// <summary>Says nothing until the client gives up.</summary>
    public static async Task Nothing(HttpContext context) =>
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Sends events, and then does what a test says.</summary>
    public static Func<HttpContext, Task> Events(IEnumerable<long> ids, Func<HttpContext, Task> then) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.StartAsync(context.RequestAborted);
        foreach (var id in ids) await context.Response.WriteAsync(Sample.Event(id), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await then(context);
    };

    /// <summary>Breaks the connection off.</summary>
    public static Task Abort(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public static Task End(HttpContext context) => Task.CompletedTask;
}

/// <summary>What a scripted server tells of.</summary>
internal static class Sample
{
    public static ScenePolicy Policy { get; } = new() { K = 2, N = 5, T = TimeSpan.FromMilliseconds(80.5), Keying = WindowKeying.Arrival };

    public static Decision Decision(long id) => new()
    {
        Scene = "yard",
        Id = id,
        Timestamp = 1000 + (id / 10.0),
        Cause = FireCause.K,
        M = 3,
        FillRatio = 0.75,
        Bytes = 330,
        LatMean = 0.01,
        P50 = 0.01,
        P90 = 0.02,
        P99 = 0.02,
        TailFactor = 2,
        Pred = (int)(id % 10),
        Gt = -1,
        AccRunning = double.NaN,
        Confidence = 0.9,
        Views = [0, 1, 2],
    };

    public static string Event(long id)
    {
        var decision = Decision(id);
        var json = global::System.Text.Json.JsonSerializer.Serialize(decision, JtfaJson.Options);
        return string.Create(CultureInfo.InvariantCulture, $"event: decision\nid: {id}@{decision.Timestamp:R}\ndata: {json}\n\n");
    }
}
