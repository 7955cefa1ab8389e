#if ORLEANS
using Microsoft.AspNetCore.Builder;
using Orleans.Dashboard;

namespace Jtfa.Silo.Http;

/// <summary>Orleans' dashboard.</summary>
public static partial class HttpServer
{
    /// <summary>Where it is.</summary>
    public const string DashboardPath = "/orleans";

    private static void MapDashboard(this WebApplication application) => application.MapOrleansDashboard(DashboardPath);
}
#endif
