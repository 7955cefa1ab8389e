using System.Text;
using System.Text.Json.Nodes;
using Jtfa.Language.Files;

namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>
/// A model's chat template: writes the messages of a conversation as the text that the model was trained on. The language is the part of
/// Jinja 3 that published templates use, with the options and functions that Hugging Face's transformers give them. What it has not is
/// refused by name when the template is read. Several threads may use it.
/// </summary>
public sealed class ChatTemplate
{
    /// <summary>The key of the template in a model file.</summary>
    public const string Key = "tokenizer.chat_template";

    private const string ChatMlSource =
        "{% for message in messages %}" +
        "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}" +
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    private readonly List<Statement> _body;
    private readonly string _bos;
    private readonly string _eos;

    private ChatTemplate(List<Statement> body, string bos, string eos) => (_body, _bos, _eos) = (body, bos, eos);

    /// <summary>What is written for a model that has no template of its own, as llama.cpp does.</summary>
    public static ChatTemplate ChatMl { get; } = Parse(ChatMlSource);

    /// <summary>The template of a model file; null when it has none.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="tokenizer">Its tokenizer, for the names of BOS and EOS.</param>
    /// <exception cref="ModelFileException">It has one that cannot be used.</exception>
    public static ChatTemplate? Load(GgufMetadata metadata, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (!metadata.TryGet<string>(Key, out var source)) return null;
        try
        {
            return Parse(source, Named(tokenizer.BosId), Named(tokenizer.EosId));
        }
        catch (TemplateException fault)
        {
            throw new ModelFileException(metadata.File, fault.Message, fault);
        }

        string Named(int? id) => id is { } token ? tokenizer.NameOf(token) : "";
    }

    /// <summary>Reads a template.</summary>
    /// <param name="source">The template.</param>
    /// <param name="bos">What <c>bos_token</c> stands for.</param>
    /// <param name="eos">What <c>eos_token</c> stands for.</param>
    /// <exception cref="TemplateException">It is no template, or uses what is not supported.</exception>
    public static ChatTemplate Parse(string source, string bos = "", string eos = "")
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            return new(Parser.Parse(source), bos, eos);
        }
        catch (InsufficientExecutionStackException)
        {
            throw new TemplateException(0, "it is nested too deeply");
        }
    }

    /// <summary>Writes a conversation.</summary>
    /// <param name="messages">Objects with <c>role</c>, <c>content</c> and what else the template knows.</param>
    /// <param name="addGenerationPrompt">Whether the begin of the model's answer follows.</param>
    /// <param name="variables">Further variables, such as <c>tools</c>.</param>
    /// <param name="time">The time for templates that write the date; by default the system's.</param>
    /// <exception cref="TemplateException">The template refuses the messages, or cannot be carried out.</exception>
    public string Render(
        JsonArray messages, bool addGenerationPrompt = true, IEnumerable<KeyValuePair<string, JsonNode?>>? variables = null,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var globals = new Scope();
        Functions.AddTo(globals, time ?? TimeProvider.System);
        globals.Set("bos_token", _bos);
        globals.Set("eos_token", _eos);
        globals.Set("add_generation_prompt", addGenerationPrompt);
        globals.Set("messages", Values.Of(messages));
        foreach (var (name, value) in variables ?? []) globals.Set(name, Values.Of(value));
        var text = new StringBuilder();
        try
        {
            Statement.RunAll(_body, new Scope(globals), text);
        }
        catch (InsufficientExecutionStackException)
        {
            throw new TemplateException(0, "it is nested too deeply");
        }

        return text.ToString();
    }
}
