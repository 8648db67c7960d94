{{ config(tags=['base_spatial']) }}
{{ survivors('place') }}
