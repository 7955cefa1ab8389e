using Jtfa.Client;
using Microsoft.Extensions.AI;

// Beside a silo that serves a language model: dotnet run --project examples/Chat [URL [TOKEN]]. An empty line ends it.
using var jtfa = new HttpJtfaClient(
    args is [var url, ..] ? new Uri(url) : HttpJtfaClient.DefaultAddress, args is [_, var token, ..] ? token : null);
if (await jtfa.GetModelsAsync() is not [var model, ..])
{
    Console.Error.WriteLine("The silo serves no language model: Jtfa:Language:Models names some (docs/serving.md).");
    return 1;
}

var chat = jtfa.GetChatClient(model.Name);
var said = new List<ChatMessage>();
for (Console.Write($"{model.Name}> "); Console.ReadLine() is { Length: > 0 } line; Console.Write($"\n{model.Name}> "))
{
    said.Add(new(ChatRole.User, line));
    try
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in chat.GetStreamingResponseAsync(said, new() { MaxOutputTokens = 200 }))
        {
            Console.Write(update.Text);
            updates.Add(update);
        }

        said.AddMessages(updates); // the next answer knows this one
    }
    catch (JtfaUnavailableException fault)
    {
        Console.Error.WriteLine(fault.Message);
        said.RemoveAt(said.Count - 1);
    }
}

return 0;
