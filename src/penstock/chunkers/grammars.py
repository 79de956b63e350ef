"""What counts as a definition, an import, a comment or a string in each grammar, as data.

Kinds that the installed grammar does not have are passed over, so that a row can serve several versions.
"""

from collections.abc import Mapping

import msgspec


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """One language's names for things."""

    definitions: Mapping[str, str]
    """Node kind -> what we call it."""
    patterned: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The same for kinds that are definitions only where a pattern of `more` says so."""
    imports: tuple[str, ...] = ()
    prose: tuple[str, ...] = ("comment", "string")
    """Comments and strings."""
    attached: frozenset[str] = frozenset({"comment"})
    """Siblings that belong to the definition they stand before."""
    wrappers: frozenset[str] = frozenset()
    """Parents that belong to the definition they hold."""
    more: str = ""
    """Further tree-sitter patterns, with the captures `definition`, `import`, `prose`, `constant`."""
    pack: str = ""
    """The grammar's name in the language pack, where it is another."""


_C = Grammar(
    definitions={
        "function_definition": "function",
        "struct_specifier": "class",
        "union_specifier": "class",
        "enum_specifier": "class",
        "class_specifier": "class",
        "namespace_definition": "module",
        "type_definition": "type",
        "preproc_function_def": "function",
    },
    imports=("preproc_include",),
    prose=("comment", "string_literal", "raw_string_literal"),
    wrappers=frozenset({"template_declaration", "type_definition"}),
    more="(preproc_def name: (identifier) @constant)",
)

_SCRIPT = Grammar(
    definitions={
        "function_declaration": "function",
        "generator_function_declaration": "function",
        "function_signature": "function",
        "method_definition": "function",
        "class_declaration": "class",
        "abstract_class_declaration": "class",
        "interface_declaration": "class",
        "enum_declaration": "class",
        "type_alias_declaration": "type",
        "internal_module": "module",
    },
    patterned={"variable_declarator": "function", "assignment_expression": "function", "pair": "function"},
    imports=("import_statement",),
    prose=("comment", "string", "template_string"),
    attached=frozenset({"comment", "decorator"}),
    wrappers=frozenset(
        {"export_statement", "lexical_declaration", "variable_declaration", "expression_statement"}
    ),
    more="""
    (call_expression function: (identifier) @_f arguments: (arguments (string)) (#eq? @_f "require")) @import
    (program (lexical_declaration (variable_declarator name: (identifier) @constant)))
    (variable_declarator value: [(function_expression) (arrow_function) (class)]) @definition
    (assignment_expression right: [(function_expression) (arrow_function) (class)]) @definition
    (pair value: [(function_expression) (arrow_function)]) @definition
    """,
)

GRAMMARS: Mapping[str, Grammar] = {
    "python": Grammar(
        definitions={"function_definition": "function", "class_definition": "class"},
        imports=("import_statement", "import_from_statement", "future_import_statement"),
        wrappers=frozenset({"decorated_definition"}),
        more="(module (assignment left: (identifier) @constant))",
    ),
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "go": Grammar(
        definitions={
            "function_declaration": "function",
            "method_declaration": "function",
            "type_spec": "class",
        },
        imports=("import_spec",),
        prose=("comment", "interpreted_string_literal", "raw_string_literal"),
        wrappers=frozenset({"type_declaration"}),
        more="""
        (const_spec name: (identifier) @constant)
        (source_file (var_declaration (var_spec name: (identifier) @constant)))
        """,
    ),
    "rust": Grammar(
        definitions={
            "function_item": "function",
            "function_signature_item": "function",
            "struct_item": "class",
            "enum_item": "class",
            "union_item": "class",
            "trait_item": "class",
            "impl_item": "class",
            "mod_item": "module",
            "macro_definition": "function",
            "type_item": "type",
        },
        imports=("use_declaration", "extern_crate_declaration"),
        prose=("line_comment", "block_comment", "string_literal", "raw_string_literal"),
        attached=frozenset({"line_comment", "block_comment", "attribute_item"}),
        more="""
        (const_item name: (identifier) @constant)
        (static_item name: (identifier) @constant)
        """,
    ),
    "java": Grammar(
        definitions={
            "class_declaration": "class",
            "interface_declaration": "class",
            "enum_declaration": "class",
            "record_declaration": "class",
            "annotation_type_declaration": "class",
            "method_declaration": "function",
            "constructor_declaration": "function",
        },
        imports=("import_declaration",),
        prose=("line_comment", "block_comment", "string_literal"),
        attached=frozenset({"line_comment", "block_comment"}),
        more="(field_declaration declarator: (variable_declarator name: (identifier) @constant))",
    ),
    "c": _C,
    "cpp": _C,
    "csharp": Grammar(
        definitions={
            "class_declaration": "class",
            "struct_declaration": "class",
            "record_declaration": "class",
            "interface_declaration": "class",
            "enum_declaration": "class",
            "namespace_declaration": "module",
            "method_declaration": "function",
            "constructor_declaration": "function",
            "property_declaration": "function",
            "delegate_declaration": "type",
        },
        imports=("using_directive",),
        prose=(
            "comment",
            "string_literal",
            "verbatim_string_literal",
            "raw_string_literal",
            "interpolated_string_expression",
        ),
    ),
    "ruby": Grammar(
        definitions={
            "method": "function",
            "singleton_method": "function",
            "class": "class",
            "module": "module",
        },
        prose=("comment", "string", "heredoc_body"),
        more="""
        (call method: (identifier) @_f arguments: (argument_list (string))
          (#match? @_f "^(require|require_relative|load|autoload)$")) @import
        (assignment left: (constant) @constant)
        """,
    ),
    "php": Grammar(
        definitions={
            "function_definition": "function",
            "method_declaration": "function",
            "class_declaration": "class",
            "interface_declaration": "class",
            "trait_declaration": "class",
            "enum_declaration": "class",
        },
        imports=("namespace_use_declaration", "require_once_expression", "require_expression"),
        prose=("comment", "string", "encapsed_string", "heredoc", "nowdoc"),
        more="(const_element (name) @constant)",
    ),
    "kotlin": Grammar(
        definitions={
            "function_declaration": "function",
            "class_declaration": "class",
            "object_declaration": "class",
        },
        imports=("import_header", "import"),
        prose=("line_comment", "multiline_comment", "block_comment", "comment", "string_literal"),
        attached=frozenset({"line_comment", "multiline_comment", "block_comment", "comment"}),
    ),
    "swift": Grammar(
        definitions={
            "function_declaration": "function",
            "init_declaration": "function",
            "class_declaration": "class",
            "protocol_declaration": "class",
            "typealias_declaration": "type",
        },
        imports=("import_declaration",),
        prose=("comment", "multiline_comment", "line_string_literal", "multi_line_string_literal"),
        attached=frozenset({"comment", "multiline_comment"}),
    ),
    "bash": Grammar(
        definitions={"function_definition": "function"},
        prose=("comment", "string", "raw_string", "heredoc_body"),
        more="(program (variable_assignment name: (variable_name) @constant))",
    ),
    "sql": Grammar(
        definitions={
            "create_table": "class",
            "create_view": "class",
            "create_materialized_view": "class",
            "create_function": "function",
            "create_trigger": "function",
            "create_index": "constant",
            "create_type": "type",
        },
        prose=("comment", "marginalia", "literal"),
        attached=frozenset({"comment", "marginalia"}),
        wrappers=frozenset({"statement"}),
    ),
    "html": Grammar(
        definitions={"element": "element", "script_element": "element", "style_element": "element"},
        prose=("comment", "text"),
    ),
    "css": Grammar(
        definitions={"rule_set": "rule", "media_statement": "rule", "keyframes_statement": "rule"},
        imports=("import_statement",),
        prose=("comment", "string_value"),
    ),
}
