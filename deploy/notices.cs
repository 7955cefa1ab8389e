// Writes THIRD-PARTY-NOTICES.txt of a published folder: who made what is in it, and under which licence. `./jtfa publish` runs it.
// dotnet run deploy/notices.cs -- PUBLISHED ASSETS PAGE LICENCES
//   PUBLISHED  the folder, with jtfa.deps.json and sbom.cdx.json, to which the page's packages are added
//   ASSETS     the program's project.assets.json, which says where packages are
//   PAGE       the live page's sources, with node_modules
//   LICENCES   a folder with the texts of licences, for packages that come without
#:property RestorePackagesWithLockFile=false
#:property RestoreLockedMode=false
#:property PublishAot=false
#:property GenerateDocumentationFile=false
#:property RunAnalyzers=false
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

var (published, assets, page, licences) = (args[0], Read(args[1]), args[2], args[3]);
var bomFile = Path.Combine(published, "sbom.cdx.json");
var bom = Read(bomFile);
var components = bom["components"]!.AsArray();
var folders = assets["packageFolders"]!.AsObject().Select(folder => folder.Key).ToList();
var texts = new StringBuilder(
    "JTFA contains software of others. Each is listed with its version, its licence and its copyright; licences' texts follow.\n");
var told = new Dictionary<string, string>(); // a text, and the first library that came with it
var standard = new SortedSet<string>(StringComparer.Ordinal);

foreach (var (library, about) in Read(Path.Combine(published, "jtfa.deps.json"))["libraries"]!.AsObject())
{
    if ((string?)about!["type"] != "package") continue;
    var component = components.FirstOrDefault(one => $"{one!["name"]}/{one["version"]}" == library)
        ?? throw new InvalidDataException($"{library} is published but not in {bomFile}");
    var folder = folders.Select(root => Path.Combine(root, library.ToLowerInvariant())).First(Directory.Exists);
    var licence = component["licenses"]?.AsArray().Select(one => (string?)one!["license"]?["id"] ?? (string?)one["expression"])
        .FirstOrDefault();
    Add(library, licence, (string?)component["copyright"] ?? $"© {component["authors"]?[0]?["name"]}", folder);
}

if (File.Exists(Path.Combine(published, "wwwroot", "index.html")))
{
    foreach (var (name, version) in Read(Path.Combine(page, "package.json"))["dependencies"]!.AsObject())
    {
        var folder = Path.Combine(page, "node_modules", name);
        var licence = (string?)Read(Path.Combine(folder, "package.json"))["license"];
        Add($"{name}/{version}", licence, "", folder);
        components.Add(new JsonObject
        {
            ["type"] = "library",
            ["bom-ref"] = $"pkg:npm/{name}@{version}",
            ["name"] = name,
            ["version"] = (string)version!,
            ["scope"] = "required",
            ["licenses"] = new JsonArray(new JsonObject { ["license"] = new JsonObject { ["id"] = licence } }),
            ["purl"] = $"pkg:npm/{name}@{version}",
        });
    }
}

Add("Fashion-MNIST (models/sample, and what models/backbone.onnx and models/head.npz were trained on)", "MIT", "",
    Path.Combine(published, "models", "sample"));
Add("WordNet (models/language/held-out.txt, and what models/language/model.gguf and draft.gguf were trained on)", null,
    "WordNet 3.0 Copyright 2006 by Princeton University. All rights reserved.", Path.Combine(published, "models", "language"));
foreach (var id in standard)
{
    var file = Path.Combine(licences, $"{id}.txt");
    if (!File.Exists(file)) throw new InvalidDataException($"{file} is missing: add the text of the licence {id}");
    Title($"The licence {id}");
    texts.Append(File.ReadAllText(file));
}

File.WriteAllText(Path.Combine(published, "THIRD-PARTY-NOTICES.txt"), texts.ToString());
File.WriteAllText(bomFile, bom.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));

// The texts that come with a package; the licence's own text where none does.
void Add(string library, string? licence, string copyright, string folder)
{
    var files = Directory.GetFiles(folder).Where(file => Path.GetFileName(file) is var name
        && new[] { "LICENSE", "LICENCE", "COPYING", "NOTICE", "THIRD" }.Any(
            start => name.StartsWith(start, StringComparison.OrdinalIgnoreCase))).Order(StringComparer.Ordinal).ToList();
    if (licence is null && files.Count == 0) throw new InvalidDataException($"{library} names no licence, and {folder} has none");
    Title(library.Replace('/', ' '));
    texts.Append(CultureInfo.InvariantCulture, $"Licence: {licence ?? "as follows"}\n{copyright}\n");
    foreach (var file in files)
    {
        var text = File.ReadAllText(file).ReplaceLineEndings("\n").Trim('\0', '\n', ' ');
        var isNew = told.TryAdd(text, library);
        texts.Append(CultureInfo.InvariantCulture, $"\n--- {Path.GetFileName(file)}{(isNew ? $"\n{text}" : $": as under {told[text]}")}\n");
    }

    if (files.Count == 0) standard.Add(licence!);
}

void Title(string title) => texts.Append(CultureInfo.InvariantCulture, $"\n{new string('=', 80)}\n{title}\n{new string('=', 80)}\n");

static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(file))!;
