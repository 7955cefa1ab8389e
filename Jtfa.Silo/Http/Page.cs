using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Jtfa.Silo.Http;

/// <summary>
/// The live page's files, from <c>wwwroot</c> beside the program: built from <c>Jtfa.Silo/Page</c> by <c>./jtfa setup</c>.
/// </summary>
internal static class Page
{
    private const string Policy =
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; " +
        "form-action 'self'";

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");

    public static void UsePage(this WebApplication application)
    {
        if (!File.Exists(Path.Combine(s_folder, "index.html")))
        {
            application.MapGet(
                "/",
                () => "The live page was not built: './jtfa setup' does, with Node 20. The API is there: " +
                    "/openapi/v1.json\n").ExcludeFromDescription();
            return;
        }

        var files = new PhysicalFileProvider(s_folder);
        application.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        application.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = Prepare });
    }

    private static void Prepare(StaticFileResponseContext file)
    {
        var headers = file.Context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        // The names of assets have a hash of what is in them.
        headers.CacheControl = file.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache";
    }
}
