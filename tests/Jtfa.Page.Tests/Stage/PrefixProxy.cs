using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Jtfa.Page.Tests.Stage;

/// <summary>
/// A reverse proxy that serves a silo under a path and knows nothing of all other paths. As nginx does unless told otherwise, it asks the
/// silo by the silo's own address, and browsers of another machine would not tell it over plain HTTP where a request came from.
/// </summary>
internal sealed class PrefixProxy : IAsyncDisposable
{
    private static readonly string[] s_notPassed = ["Host", "Connection", "Transfer-Encoding", "Sec-Fetch-Site"];

    private readonly HttpClient _silo = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly WebApplication _application;
    private readonly string _prefix;
    private readonly bool _keepsPrefix;

    private PrefixProxy(Uri silo, string prefix, bool keepsPrefix)
    {
        (_silo.BaseAddress, _prefix, _keepsPrefix) = (silo, prefix, keepsPrefix);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(
            options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        _application = builder.Build();
        _application.Run(PassAsync);
    }

    /// <summary>The silo's page, as browsers have it.</summary>
    public Uri Url => new(
        $"{_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()}{_prefix}/");

    /// <summary>Starts one.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="prefix">The path, without a slash at its end.</param>
    /// <param name="keepsPrefix">Whether the silo is asked with the path.</param>
    public static async Task<PrefixProxy> StartAsync(Uri silo, string prefix, bool keepsPrefix)
    {
        var proxy = new PrefixProxy(silo, prefix, keepsPrefix);
        await proxy._application.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(CancellationToken.None);
        await _application.DisposeAsync();
        _silo.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        var (from, to) = (context.Request, context.Response);
        if (!from.Path.StartsWithSegments(_prefix, out var below) || (!below.HasValue && !_keepsPrefix))
        {
            to.StatusCode = StatusCodes.Status404NotFound; // another application's
            return;
        }

        using var request = new HttpRequestMessage(
            new HttpMethod(from.Method), (_keepsPrefix ? from.Path : below).ToUriComponent() + from.QueryString);
        if (from.ContentLength > 0) request.Content = new StreamContent(from.Body);
        foreach (var (name, values) in from.Headers.Where(header => !s_notPassed.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        using var answer = await _silo.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        to.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => !s_notPassed.Contains(header.Key)))
            to.Headers[name] = values.ToArray();
        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[65_536];
        while (await body.ReadAsync(buffer, context.RequestAborted) is > 0 and var length)
        {
            await to.Body.WriteAsync(buffer.AsMemory(0, length), context.RequestAborted);
            await to.Body.FlushAsync(context.RequestAborted); // events are not held back
        }
    }
}
