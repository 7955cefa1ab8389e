using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Silo.Http;

/// <summary>
/// Refuses changes that a browser asks for on behalf of another site's page. Programs that are no browsers send none of these headers, and
/// are not concerned.
/// </summary>
internal static class SameOrigin
{
    private const string PageHeader = "X-Jtfa-Page";

    public static void UseSameOrigin(this IApplicationBuilder application) => application.Use((context, next) =>
        IsRead(context.Request) || IsOwn(context.Request)
            ? next(context)
            : Problems.Create(StatusCodes.Status403Forbidden, "A page of another site may change nothing here.").ExecuteAsync(context));

    private static bool IsRead(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);

    // Sec-Fetch-Site is what browsers of today send over HTTPS and to this machine. Else Origin names the page's site; behind a proxy that
    // puts another Host into requests the two differ, and then the live page's own header tells: a browser lets a page send such a header
    // to another site only where that site allows it, and nothing here does. X-Forwarded-Host is not believed.
    private static bool IsOwn(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "" => request.Headers.Origin.ToString() is var origin
            && (origin.Length == 0 || request.Headers.ContainsKey(PageHeader)
                || (Uri.TryCreate(origin, UriKind.Absolute, out var site) && site.Authority == request.Host.Value)),
        var from => from is "same-origin" or "none",
    };
}
