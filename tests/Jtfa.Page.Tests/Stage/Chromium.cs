using System.Reflection;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Jtfa.Page.Tests.Stage.Chromium))]

// One browser and one silo at a time: frames are timed.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Jtfa.Page.Tests.Stage;

/// <summary>The browser of all tests: Debian's Chromium, started with the first page that is wanted.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";

    private static readonly string[] s_quiet =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Opens a page on a silo. What the page does wrong (faults of its scripts, requests to elsewhere) is collected.</summary>
    internal async Task<OpenPage> OpenAsync(
        Uri silo, string hash = "", int width = 1440, int height = 900, bool isDark = false, float scale = 1)
    {
        SkipWithout();
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Program, Args = s_quiet });
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            DeviceScaleFactor = scale,
        });
        var opened = new OpenPage(silo, await context.NewPageAsync());
        await opened.Page.GotoAsync($"{silo.AbsoluteUri}{hash}");
        return opened;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.CloseAsync();
        _playwright?.Dispose();
    }

    private static void SkipWithout()
    {
        Assert.SkipUnless(File.Exists(Program), $"{Program} is missing: install Debian's package chromium");
        Assert.SkipUnless(
            File.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot", "index.html")),
            "The live page was not built: './jtfa setup' does, with Node 20");
    }

    /// <summary>A value that the project file gave.</summary>
    public static string Given(string name) =>
        typeof(Chromium).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(one => one.Key == name).Value!;
}
