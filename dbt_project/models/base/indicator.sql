{{ config(tags=['base_macro_economy']) }}
{{ survivors('indicator') }}
