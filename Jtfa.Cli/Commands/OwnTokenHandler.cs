using System.Net;
using System.Net.Http.Headers;
using Jtfa.Silo;
using Jtfa.Silo.Http;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Cli.Commands;

/// <summary>
/// Sends a silo of this machine the token of one that was started in this folder, once it has asked for a token. A silo that asks for none
/// gets none, and the token's file is not read, so that faults of the file do not matter.
/// </summary>
internal sealed class OwnTokenHandler : DelegatingHandler
{
    private string? _token;

    private OwnTokenHandler()
        : base(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
    }

    /// <summary>For a client that lives as long as the command.</summary>
    public static HttpClient MakeHttp() => new(new OwnTokenHandler()) { Timeout = Timeout.InfiniteTimeSpan };

    /// <inheritdoc />
    /// <exception cref="InvalidDataException">The silo asks for a token, and others than its owner may read the file.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var shown = _token;
        Show(shown, request);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized || shown is not null || (_token ??= Read()) is null) return response;
        response.Dispose();
        Show(_token, request);
        return await base.SendAsync(request, cancellationToken);
    }

    private static void Show(string? token, HttpRequestMessage request)
    {
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    private static string? Read()
    {
        var options = SiloConfiguration.Read([], file: null).GetSection(HttpOptions.Section).Get<HttpOptions>() ?? new HttpOptions();
        try
        {
            return File.Exists(options.TokenFile) ? SecretFile.Read(options.TokenFile) : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null; // another user's silo; the client then says that it wants a token
        }
    }
}
