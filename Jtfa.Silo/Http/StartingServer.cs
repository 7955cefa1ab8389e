using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Http;

/// <summary>
/// Answers where the silo's web server will, from before the silo waits for its database until that server starts, which it does last: so
/// that probes hear why the silo is not ready. Everything but <c>/healthz</c> is answered by 503.
/// </summary>
internal sealed class StartingServer(HttpOptions options, SiloPhase phase) : IHostedService, IAsyncDisposable
{
    private WebApplication? _server;

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddProblemDetails();
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Parse(options.Address), options.Port);
        });
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync(cancellationToken);
    }

    /// <summary>Makes way for the silo's web server.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_server is null) return;
        await _server.StopAsync(cancellationToken);
        await DisposeAsync();
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => EndAsync(cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _server = null;
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/healthz") return context.Response.WriteAsync("Healthy");
        context.Response.Headers.RetryAfter = "1";

        // Without the database's name: callers show no token here.
        var state = phase.IsDatabaseAway ? "the silo waits for its database" : "the silo starts";
        if (context.Request.Path != "/readyz")
            return Problems.Create(StatusCodes.Status503ServiceUnavailable, $"Not yet: {state}.").ExecuteAsync(context);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"Unhealthy\nstart: {state}\n", context.RequestAborted);
    }
}

/// <summary>Ends <see cref="StartingServer"/>: it is the last service but the silo's web server, which takes the same port.</summary>
internal sealed class StartingServerEnd(StartingServer? server) : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => server?.EndAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
