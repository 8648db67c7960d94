{{ config(tags=['base_population'], meta={'subject': 'person'}) }}
{{ survivors('person') }}
