{{ config(tags=['base_population']) }}
{{ survivors('person') }}
