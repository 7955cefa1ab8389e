using System.Text.Json.Nodes;

namespace Jtfa.Language.Tests.Tokenizers.Templates;

/// <summary>Templates in the forms that models of several families are published with, and conversations for them.</summary>
internal static class TemplateCases
{
    /// <summary>Conversations with and without a system prompt, with calls of tools, and ones that templates refuse.</summary>
    public static JsonObject[] Conversations { get; } =
    [
        Variables("""
            [{"role":"user","content":"Hi there"},{"role":"assistant","content":" Hello! "},{"role":"user","content":"2 < 3?\n"}]
            """),
        Variables("""[{"role":"system","content":"Be \"brief\".\n"},{"role":"user","content":"Ünï 🙂"}]""", generate: false),
        Variables("""[{"role":"assistant","content":"I begin"},{"role":"user","content":"no"}]"""),
        Variables("""
            [{"role":"user","content":"weather?"},{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":
            {"name":"get_weather","arguments":{"city":"Köln","days":3,"exact":true,"at":null,"x":1.5}}}]},
            {"role":"tool","content":"{\"t\": 5}"},{"role":"tool","content":"ok"},
            {"role":"assistant","content":"<think>\nhm\n</think>\n\n5 °C"}]
            """, tools: true),
        Variables("[]"),
    ];

    /// <summary>Models' forms.</summary>
    public static string[] Models { get; } =
    [
        // ChatML.
        """
        {% for message in messages %}
        {{'<|im_start|>' + message['role'] + '\n' + (message['content'] or '') + '<|im_end|>' + '\n'}}{% endfor %}
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
        """,
        // Llama 2: alternation, a system prompt within the first turn.
        """
        {% if messages and messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}
        {% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}
        {% set system_message = false %}{% endif %}{% for message in loop_messages %}
        {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{ raise_exception('Roles must alternate') }}{% endif %}
        {% if loop.index0 == 0 and system_message != false %}
        {% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}{% else %}
        {% set content = message['content'] %}{% endif %}
        {% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
        {% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}
        """,
        // Llama 3.
        """
        {%- if not date_string is defined %}
            {%- set date_string = "26 Jul 2024" %}
        {%- endif %}
        {{- bos_token }}
        {%- if messages and messages[0]['role'] == 'system' %}
            {%- set system_message = messages[0]['content']|trim %}
            {%- set messages = messages[1:] %}
        {%- else %}
            {%- set system_message = "" %}
        {%- endif %}

        {#- System message #}
        {{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
        {%- if tools is not none and tools is defined %}
            {{- "Environment: ipython\n" }}
            {%- for t in tools %}
                {{- t | tojson(indent=4) }}
                {{- "\n\n" }}
            {%- endfor %}
        {%- endif %}
        {{- "Today Date: " + date_string + "\n\n" }}
        {{- system_message }}
        {{- "<|eot_id|>" }}
        {%- for message in messages %}
            {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
                {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}
            {%- elif 'tool_calls' in message %}
                {%- if not message.tool_calls|length == 1 %}
                    {{- raise_exception("This model only supports single tool-calls at once!") }}
                {%- endif %}
                {%- set tool_call = message.tool_calls[0].function %}
                {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}
                {{- '{"name": "' + tool_call.name + '", ' }}
                {{- '"parameters": ' }}
                {{- tool_call.arguments | tojson }}
                {{- "}" }}
                {{- "<|eot_id|>" }}
            {%- elif message.role == "tool" or message.role == "ipython" %}
                {{- "<|start_header_id|>ipython<|end_header_id|>\n\n" }}
                {%- if message.content is mapping or message.content is iterable %}
                    {{- message.content | tojson }}
                {%- else %}
                    {{- message.content }}
                {%- endif %}
                {{- "<|eot_id|>" }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
        {%- endif %}
        """,
        // Qwen 3: namespaces, a reversed loop, thinking.
        """
        {%- if tools %}
            {{- '<|im_start|>system\n' }}
            {%- if messages[0].role == 'system' %}
                {{- messages[0].content + '\n\n' }}
            {%- endif %}
            {{- "# Tools\n\n<tools>" }}
            {%- for tool in tools %}
                {{- "\n" }}
                {{- tool | tojson }}
            {%- endfor %}
            {{- "\n</tools><|im_end|>\n" }}
        {%- else %}
            {%- if messages and messages[0].role == 'system' %}
                {{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
            {%- endif %}
        {%- endif %}
        {%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
        {%- for message in messages[::-1] %}
            {%- set index = (messages|length - 1) - loop.index0 %}
            {%- if ns.multi_step_tool and message.role == "user" and message.content is string
            and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
                {%- set ns.multi_step_tool = false %}
                {%- set ns.last_query_index = index %}
            {%- endif %}
        {%- endfor %}
        {%- for message in messages %}
            {%- if message.content is string %}
                {%- set content = message.content %}
            {%- else %}
                {%- set content = '' %}
            {%- endif %}
            {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
                {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
            {%- elif message.role == "assistant" %}
                {%- set reasoning_content = '' %}
                {%- if '</think>' in content %}
                    {%- set reasoning_content = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
                    {%- set content = content.split('</think>')[-1].lstrip('\n') %}
                {%- endif %}
                {%- if loop.index0 > ns.last_query_index %}
                    {%- if loop.last or (not loop.last and reasoning_content) %}
                        {{- '<|im_start|>' + message.role + '\n<think>\n' + reasoning_content.strip('\n') + '\n</think>\n\n'
                        + content.lstrip('\n') }}
                    {%- else %}
                        {{- '<|im_start|>' + message.role + '\n' + content }}
                    {%- endif %}
                {%- else %}
                    {{- '<|im_start|>' + message.role + '\n' + content }}
                {%- endif %}
                {%- if message.tool_calls %}
                    {%- for tool_call in message.tool_calls %}
                        {%- if (loop.first and content) or (not loop.first) %}
                            {{- '\n' }}
                        {%- endif %}
                        {%- if tool_call.function %}
                            {%- set tool_call = tool_call.function %}
                        {%- endif %}
                        {{- '<tool_call>\n{"name": "' }}
                        {{- tool_call.name }}
                        {{- '", "arguments": ' }}
                        {%- if tool_call.arguments is string %}
                            {{- tool_call.arguments }}
                        {%- else %}
                            {{- tool_call.arguments | tojson }}
                        {%- endif %}
                        {{- '}\n</tool_call>' }}
                    {%- endfor %}
                {%- endif %}
                {{- '<|im_end|>\n' }}
            {%- elif message.role == "tool" %}
                {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
                    {{- '<|im_start|>user' }}
                {%- endif %}
                {{- '\n<tool_response>\n' }}
                {{- content }}
                {{- '\n</tool_response>' }}
                {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
                    {{- '<|im_end|>\n' }}
                {%- endif %}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\n' }}
            {%- if enable_thinking is defined and enable_thinking is false %}
                {{- '<think>\n\n</think>\n\n' }}
            {%- endif %}
        {%- endif %}
        """,
        // Mistral: filters over messages.
        """
        {%- set user_messages = messages | selectattr("role", "equalto", "user") | list %}
        {%- set others = messages | rejectattr("role", "in", ["user", "tool"]) | map(attribute="content") | select("string") | list %}
        {{- bos_token }}{% for m in user_messages %}{{ "[INST]" ~ m["content"] ~ "[/INST]" }}{% if not loop.last %}, {% endif %}
        {% endfor %}
        {{ others | join(' / ') }}
        {%- for message in messages if message.content is string %}
        {{ loop.index }}/{{ loop.length }}{{ loop.cycle(' a', ' b') }} {{ message.content | replace("\n", "\\n") | upper }}
        {%- else %}
        nothing
        {%- endfor %}
        """,
        // Gemma.
        """
        {{ bos_token }}{% if messages and messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}
        {% endif %}{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}
        {% set role = message['role'] %}
        {% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}
        {% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}
        """,
        // Phi-3, on lines.
        """
        {% for message in messages %}
        {% if message['role'] == 'system' and message['content'] %}
        {{ '<|system|>\n' + message['content'] + '<|end|>\n' }}
        {% elif message['role'] == 'user' %}
          {{- '<|user|>\n' + message['content'] + '<|end|>\n' -}}
        {% elif message['role'] == 'assistant' %}
        {% generation %}
        {{ '<|assistant|>\n' ~ message['content'] ~ '<|end|>' }}
        {% endgeneration %}
        {% endif %}
        {% endfor %}
        {% if add_generation_prompt %}
        {{ '<|assistant|>\n' }}
        {% else %}
        {{ eos_token }}
        {% endif %}
        """,
        // Macros, as in templates that describe tools as TypeScript.
        """
        {%- macro kind(spec, depth=0) -%}
            {%- if spec.type == 'object' -%}
                { {%- for name, member in spec.properties | items %}
        {{ '  ' * (depth + 1) }}{{ name }}
        {% if name not in (spec.required or []) %}?{% endif %}: {{ kind(member, depth=depth + 1) }}{{ ',' if not loop.last }}
                {%- endfor %} }
            {%- elif spec.enum is defined -%}
                {{ spec.enum | map('tojson') | join(' | ') }}
            {%- else -%}
                {{ spec.type | default('any') }}
            {%- endif -%}
        {%- endmacro %}
        {%- for tool in tools or [] %}
        type {{ tool.function.name }} = (_: {{ kind(tool.function.parameters) }}) => any; // {{ tool.function.description | capitalize }}
        
        {%- endfor %}
        """,
    ];

    /// <summary>What single constructs write.</summary>
    public static string[] Language { get; } =
    [
        "", "a\n", "a\n\n", "{{ 1 }}\n", "  {% if true %}\n  a\n  {% endif %}\n  b", "a {# c #}\nb\n  {# d #}\nc",
        "x {%- if true -%}  y  {%- endif -%} z", "{% raw %}{{ a }}{% endraw %}\nb", " {%+ if true %}a{% endif +%}\nb",
        "{{- 'a' -}}  b", "{% set a %}x{{ 1 }}y{% endset %}{{ a | upper }}", "{% set a | trim | upper %}  x {% endset %}[{{ a }}]",
        "{{ [1, 2.0, 'a', none, true, {'k': 'v'}] }}", "{{ \"it's\" }} {{ [\"it's\", 'q\"', 'a\\n'] }}",
        "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 * 3.5 }}" +
            " {{ 1e5 if false else 0.1 + 0.2 }}",
        "{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ -2 | abs }} {{ 'a' * 3 }} {{ 1 ~ 2 ~ 'x' }} {{ 'a' 'b' }}",
        "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ true == 1 }}",
        "{{ 'a' in 'abc' }} {{ 'd' not in ['d'] }} {{ 'k' in {'k': 1} }} {{ not 'x' in 'xy' }}",
        "{{ none }} {{ nothing }} {{ nothing is defined }} {{ none is none }}",
        "{{ nothing or 'b' }} {{ '' or 0 or 'c' }} {{ 'a' and 'b' }} {{ 'a' if nothing }}|",
        "{{ 'abcdef'[1:3] }} {{ 'abcdef'[::-1] }} {{ 'abcdef'[-2:] }} {{ [1,2,3,4][::2] }} {{ '🙂é'[0] }}{{ '🙂é'[1:] }}",
        "{{ [1,2,3][5:] }} {{ [1,2,3][-9:2] }} {{ [1,2,3][2:0:-1] }} {{ [1,2,3][:-1] }}",
        "{% for a in [] %}{{ a }}{% else %}none{% endfor %}", "{% for a, b in {'x': 1, 'y': 2}.items() %}{{ a }}={{ b }};{% endfor %}",
        "{% for a in 'h🙂é' %}{{ loop.index }}{{ a }}{{ loop.revindex0 }}{% endfor %}",
        "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
        "{{ range(3) | list }} {{ range(5, 0, -2) | list }}",
        "{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}",
        "{% set n = namespace(x=1) %}{% for i in [1, 2] %}{% set n.x = n.x + i %}{% endfor %}{{ n.x }}",
        "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
        "{% for i in [1,1,2] %}{{ loop.changed(i) }} {{ loop.previtem }}/{{ loop.nextitem }};{% endfor %}",
        "{% macro m(a, b='x', c=none) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, c=2) }}{{ m(b=3) }}",
        "{% filter upper %}a{{ 'b' }}{% endfilter %}",
        "{{ ' a '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'aXb'.lower() }}{{ 'ab cd'.title() }}{{ 'ab CD'.capitalize() }}",
        "{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }}",
        "{{ 'abc'.replace('b', 'x') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'abcabc'.find('c') }} {{ 'abc'.find('z') }}" +
            " {{ 'abcabc'.rfind('c') }} {{ 'aXbX'.count('X') }}",
        "{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'bc')) }} {{ '12'.isdigit() }} {{ 'a\\nb\\n'.splitlines() }}" +
            " {{ ', '.join(['a', 'b']) }}",
        "{{ {'a': 1, 'b': [2]} | tojson }} {{ 'ü\"<\\n\\u0001' | tojson }} {{ [] | tojson }} {{ {} | tojson(indent=2) }}" +
            " {{ 1.0 | tojson }} {{ none | tojson }}",
        "{{ {'b': 1, 'a': {'c': [1, 2, {}]}} | tojson(indent=2) }}", "{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}",
        "{{ {'b': 1, 'A': 2} | dictsort }}",
        "{{ {'a': 1} | items | list }} {{ {'a': 1}.keys() | list }} {{ {'a': 1}.values() | list }}",
        "{{ {'a': 1}.get('a') }} {{ {'a': 1}.get('b') }} {{ {'a': 1}.get('b', 'c') }} {{ {'a': {'b': 2}}.a.b }}" +
            " {{ {'items': 3}['items'] }}",
        "{{ [3, 1, 2] | sort }} {{ ['b', 'A'] | sort }} {{ [1, 2] | sort(reverse=true) }}" +
            " {{ messages | map(attribute='role') | unique | list }}",
        "{{ messages | map(attribute='content') | map('trim') | join('|') }}",
        "{{ messages | selectattr('role', '==', 'user') | map(attribute='content') | list | length }}",
        "{{ messages | selectattr('name') | list | length }} {{ messages | selectattr('name', 'undefined') | list | length }}",
        "{{ [1, 2, 3] | first }} {{ [1, 2, 3] | last }} {{ [1, 2] | reverse | list }} {{ 'ab' | reverse }} {{ [1, 2] | sum }}" +
            " {{ [3, 1] | min }} {{ [3, 1] | max }}",
        "{{ '3' | int + 1 }} {{ 'x' | int }} {{ 3.9 | int }} {{ '2.5' | float }} {{ 3 | string + 'a' }}" +
            " {{ nothing | default('d') }} {{ '' | d('e', true) }}",
        "{{ 'a\\nb\\n\\nc' | indent(2) }} {{ 'a\\nb' | indent(2, true) }} {{ '<a>&' | e }} {{ '<a>' | safe }}",
        "{{ 1 is number }} {{ true is boolean }} {{ 'a' is string }} {{ {} is mapping }} {{ [] is sequence }}" +
            " {{ 'a' is iterable }} {{ 2 is even }} {{ 3 is odd }} {{ 6 is divisibleby 3 }}",
        "{{ 1 is eq 1 }} {{ 1 is not none }} {{ 1 is integer }} {{ 1.5 is float }} {{ 1 in [1] and 2 is in [2] }}" +
            " {{ true is true }} {{ 1 is true }}",
        "{{ 'x' if messages | length > 2 else 'y' }} {{ 'a' if false else 'b' if false else 'c' }}",
        "{{ messages[0].role }} {{ messages[-1]['role'] }} {{ messages[99] }} {{ messages[0].nothing }}" +
            " {{ messages[0]['nothing'] is defined }}",
        "{{ (1, 2)[1] }} {{ [1, 2] + [3] }} {{ [1] == [1.0] }} {{ {'a': 1} == {'a': 1} }} {{ dict(a=1, b=2) }}",
        "{{ 1.0 }} {{ 1.5 }} {{ 100000000000000000000.0 }} {{ 0.00001 }} {{ 123456789.125 }} {{ 1_000 }}",
        "{{ 'tab\\tnew\\\\n\\x41\\u00e9' }} {{ '{{' }} {{ '%}' }}", "{{ nothing.a }}", "{{ none + 1 }}", "{{ 'a' + 1 }}",
        "{{ [] | first }}|{{ nothing | length }}|{{ nothing | list }}",
        "{% if messages is defined and messages %}{% if false %}{% elif true %}b{% else %}c{% endif %}{% endif %}",
        "{%- for m in messages -%}\n  {{ m.role }}\n{%- if not loop.last %}, {% endif -%}\n{%- endfor -%}",
        "{{ raise_exception('no') }}", "{{ messages | tojson }}",
        "{{ 'a' ~ 'b' | upper }} {{ ('a' ~ 'b') | upper }} {{ 'a' + 'b' | upper }} {{ -1 ** 2 }} {{ 2 ** 3 ** 2 }}" +
            " {{ not true == false }}",
        "{{ {'a': none}.a }} {{ {'a': none}.a is none }} {{ {'a': none}['a'] is defined }}",
        "{{ {'a':1,}|length }} {{ [1,]|length }} {{ [[1, 2], [3]] | map('length') | list }}",
    ];

    private static JsonObject Variables(string messages, bool generate = true, bool tools = false)
    {
        var variables = new JsonObject
        {
            ["messages"] = JsonNode.Parse(messages),
            ["add_generation_prompt"] = generate,
            ["bos_token"] = "<s>",
            ["eos_token"] = "</s>",

        };
        if (!tools) return variables;
        variables["enable_thinking"] = false;
        variables["tools"] = JsonNode.Parse("""
            [{"type":"function","function":{"name":"get_weather","description":"tells the WEATHER","parameters":{"type":"object",
            "properties":{"city":{"type":"string"},"days":{"type":"integer"},"unit":{"enum":["C","F"]},
            "where":{"type":"object","properties":{"x":{}}}},"required":["city"]}}}]
            """);
        return variables;
    }
}
