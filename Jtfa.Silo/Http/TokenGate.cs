using Jtfa.Silo.Http.OpenAI;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Silo.Http;

/// <summary>
/// Refuses callers without the token: a bearer token or, for Orleans' dashboard, which does not send one, the cookie that the live page
/// asks for. No script can read the cookie, and no other site's page gets it sent. The health probes are open, because they reveal
/// nothing; so are the live page's files, which are served before this gate.
/// </summary>
internal static class TokenGate
{
    /// <summary>The dashboard's cookie.</summary>
    public const string Cookie = "jtfa_token";

    /// <summary>
    /// Where the live page asks for the cookie, with the token as any caller shows it. The cookie is for the folder that this is in, as the
    /// browser sees it: that is the dashboard, under whatever path a proxy serves it.
    /// </summary>
    public const string CookieRequest = $"{HttpServer.DashboardPath}/token";

    private const string Scheme = "Bearer ";

    private static readonly PathString[] s_open = ["/", "/healthz", "/readyz"];

    public static void UseTokenGate(this IApplicationBuilder application, AccessToken token) => application.Use((context, next) =>
    {
        if (s_open.Contains(context.Request.Path)) return next(context);
        var shown = Shown(context.Request);
        if (shown is not null && token.Is(shown))
        {
            if (context.Request.Path != CookieRequest || !HttpMethods.IsPost(context.Request.Method)) return next(context);
            context.Response.Cookies.Append(Cookie, shown, CookieOf(context.Request));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        // One that is not the token any more need not be kept.
        if (shown is not null) context.Response.Cookies.Delete(Cookie, CookieOf(context.Request));
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"jtfa\"";
        const string needed = "A token is needed: Authorization: Bearer <token>. 'jtfa doctor' on the silo's machine shows it.";
        const int status = StatusCodes.Status401Unauthorized;
        IResult refusal = LanguageEndpoints.Have(context.Request.Path)
            ? new ApiFault(status, needed, code: "invalid_api_key").ToResult(context.Response)
            : Problems.Create(status, needed);
        return refusal.ExecuteAsync(context);
    });

    private static CookieOptions CookieOf(HttpRequest request) => new()
    {
        Path = null,
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = request.IsHttps || request.Headers["X-Forwarded-Proto"] == "https", // this only narrows where the cookie goes
        MaxAge = TimeSpan.FromDays(365),
    };

    private static string? Shown(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : request.Path.StartsWithSegments(HttpServer.DashboardPath) ? request.Cookies[Cookie] : null;
}
