using System.Globalization;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;

namespace Jtfa.Testing.Language;

/// <summary>A streamed text of OpenAI's API, as far as it was read.</summary>
internal sealed class TextStream : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;
    private readonly StringBuilder _text = new();

    private TextStream(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        var cancellation = TestContext.Current.CancellationToken;
        _events = SseParser.Create(stream).EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
    }

    /// <summary>The text's name.</summary>
    public string Id { get; private set; } = "";

    /// <summary>What an event is: text_completion, chat.completion.chunk.</summary>
    public string Kind { get; private set; } = "";

    /// <summary>What it said.</summary>
    public string Text => _text.ToString();

    /// <summary>The id of the last event; 0: they have none.</summary>
    public int Read { get; private set; }

    /// <summary>Whether it came to its end.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Asks for a text.</summary>
    public static Task<TextStream> PostAsync(HttpClient client, string url, JsonObject body) =>
        OpenAsync(client, new HttpRequestMessage(HttpMethod.Post, url) { Content = JsonContent.Create(body) });

    /// <summary>Reads a kept text from behind an event.</summary>
    public static Task<TextStream> GetAsync(HttpClient client, string id, int from) => OpenAsync(client, new HttpRequestMessage(
        HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/v1/generations/{id}?stream=true&from={from}")));

    /// <summary>Reads the next event.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> NextAsync()
    {
        if (!await _events.MoveNextAsync()) return false;
        var data = _events.Current.Data;
        if (data == "[DONE]")
        {
            IsWhole = true;
            return true;
        }

        var chunk = JsonNode.Parse(data)!;
        Assert.True(chunk["error"] is null, data);
        (Id, Kind) = ((string)chunk["id"]!, (string)chunk["object"]!);
        if (_events.Current.EventId is { Length: > 0 } read) Read = int.Parse(read, CultureInfo.InvariantCulture);
        foreach (var choice in chunk["choices"]!.AsArray()) _text.Append((string?)(choice!["text"] ?? choice["delta"]?["content"]));
        return true;
    }

    /// <summary>Reads so many events.</summary>
    public async Task<TextStream> NextAsync(int count)
    {
        for (var i = 0; i < count; i++) Assert.True(await NextAsync(), "The stream has ended.");
        return this;
    }

    /// <summary>Reads it to its end.</summary>
    public async Task<TextStream> ToEndAsync()
    {
        while (await NextAsync())
        {
        }

        Assert.True(IsWhole, "The stream broke off.");
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose(); // first: disposing the events waits for one
        await _events.DisposeAsync();
    }

    private static async Task<TextStream> OpenAsync(HttpClient client, HttpRequestMessage request)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using (request)
        {
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode) Assert.Fail(await response.Content.ReadAsStringAsync(cancellation));
            return new TextStream(response, await response.Content.ReadAsStreamAsync(cancellation));
        }
    }
}
