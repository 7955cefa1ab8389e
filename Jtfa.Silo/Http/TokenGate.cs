using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Silo.Http;

/// <summary>
/// Refuses callers without the token: a bearer token or, for Orleans' dashboard, which does not send one, the cookie that the live page
/// keeps for it. The health probes are open, because they reveal nothing; so are the live page's files, which are served before this gate.
/// </summary>
internal static class TokenGate
{
    /// <summary>The dashboard's cookie.</summary>
    public const string Cookie = "jtfa_token";

    private const string Scheme = "Bearer ";

    private static readonly PathString[] s_open = ["/", "/healthz", "/readyz"];

    public static void UseTokenGate(this IApplicationBuilder application, AccessToken token) => application.Use((context, next) =>
    {
        if (s_open.Contains(context.Request.Path)) return next(context);
        if (Shown(context.Request) is { } shown && token.Is(shown)) return next(context);

        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"jtfa\"";
        return Problems.Create(
            StatusCodes.Status401Unauthorized,
            "A token is needed: Authorization: Bearer <token>. 'jtfa doctor' on the silo's machine shows it.")
            .ExecuteAsync(context);
    });

    private static string? Shown(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : request.Path.StartsWithSegments(HttpServer.DashboardPath) ? request.Cookies[Cookie] : null;
}
