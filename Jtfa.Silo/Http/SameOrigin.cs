using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Silo.Http;

/// <summary>
/// Refuses changes that a browser asks for on behalf of another site's page. Programs that are no browsers send neither header, and are
/// not concerned.
/// </summary>
internal static class SameOrigin
{
    public static void UseSameOrigin(this IApplicationBuilder application) => application.Use((context, next) =>
        IsRead(context.Request) || IsOwn(context.Request)
            ? next(context)
            : Problems.Create(StatusCodes.Status403Forbidden, "A page of another site may change nothing here.").ExecuteAsync(context));

    private static bool IsRead(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);

    // Sec-Fetch-Site is what browsers of today send; Origin names the page's site where a browser is older.
    private static bool IsOwn(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "" => request.Headers.Origin.ToString() is var origin
            && (origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var site) && site.Authority == request.Host.Value)),
        var from => from is "same-origin" or "none",
    };
}
