using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Silo.Http;

/// <summary>
/// Lets nobody through to the API, metrics and dashboard without the token: as a bearer token, or as the cookie in which the live page keeps
/// it, since a browser sends no headers of the page's for a stream. The page itself and the health probes tell nothing and are open.
/// </summary>
internal static class TokenGate
{
    /// <summary>The live page's cookie.</summary>
    public const string Cookie = "jtfa_token";

    private const string Scheme = "Bearer ";

    private static readonly PathString[] s_guarded = ["/v1", "/metrics", "/openapi", "/orleans"];

    public static void UseTokenGate(this IApplicationBuilder application, AccessToken token) => application.Use((context, next) =>
    {
        if (!s_guarded.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase))) return next(context);
        if (Shown(context.Request) is { } shown && token.Is(shown)) return next(context);

        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"jtfa\"";
        return Problems.Of(StatusCodes.Status401Unauthorized, "A token is needed: Authorization: Bearer <token>. 'jtfa doctor' on the silo's machine shows it.")
            .ExecuteAsync(context);
    });

    private static string? Shown(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : request.Cookies[Cookie];
}
