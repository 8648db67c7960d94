{{ config(tags=['base_macro_economy'], meta={'subject': 'indicator'}) }}
{{ survivors('indicator') }}
