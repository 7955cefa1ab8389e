using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests.Stage;

/// <summary>A page in the browser, and what went wrong on it.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _faults = [];

    public OpenPage(Uri silo, IPage page)
    {
        Page = page;
        page.SetDefaultTimeout(15_000);
        page.PageError += (_, fault) => _faults.Enqueue(fault);
        page.Console += (_, message) =>
        {
            // The browser says by itself what a server refused; tests have servers refuse.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _faults.Enqueue(message.Text);
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(silo.AbsoluteUri, StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                _faults.Enqueue($"A request to elsewhere: {request.Url}");
        };
    }

    public IPage Page { get; }

    public ILocator this[string selector] => Page.Locator(selector);

    /// <summary>A camera's row beside the strip, by its name.</summary>
    public ILocator Camera(string name) => Page.Locator("#strip .camera").Filter(new LocatorFilterOptions { HasText = name });

    /// <summary>A figure at the top, its value without its unit.</summary>
    public ILocator Figure(string name) => Page.Locator($"[data-figure={name}]");

    public ILocatorAssertions Expect(string selector) => Assertions.Expect(Page.Locator(selector));

    /// <summary>Keeps a picture of the page, to be looked at.</summary>
    public Task PictureAsync(string name, bool isWhole = true) => Page.ScreenshotAsync(new PageScreenshotOptions
    {
        Path = Path.Combine(Chromium.Given("Screenshots"), $"{name}.png"),
        FullPage = isWhole,
    });

    /// <summary>Nothing went wrong.</summary>
    public void AssertClean() => Assert.Empty(_faults);

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
