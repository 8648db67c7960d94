"""What the sheet 说明 of the workbook says to those who fill it in.

Here: the text, one note per row. Not here: the how-to for those who run the commands (``docs/how-to``).
"""

from resource_catalogue.model import Label

NOTES = (
    Label(zh="公共数据资源目录填报表", en="Workbook of the catalogue of public-data resources"),
    Label(
        zh="版式依据《政务信息资源目录编制指南（试行）》（发改高技〔2017〕1272号）。每个信息资源一段，每个信息项一行；"
        "资源的单元格可以合并，也可以在每行重复",
        en="Laid out after the national guide. One block per resource, one row per item; a resource's cells may be "
        "merged or repeated in each row.",
    ),
    Label(
        zh="资源标识把各工作表连在一起，形如 机构.名称（小写英文字母、数字和下划线），定下后不再改变",
        en="The id ties the sheets together: agency.name in lower-case letters, digits and underscores. It never "
        "changes.",
    ),
    Label(
        zh="代码表列出每一列可填的词；可填代码、中文、英文或两者一起，全角半角均可",
        en="The sheet 代码表 lists the words of each column; code, Chinese, English or both may be filled in, of any "
        "width.",
    ),
    Label(
        zh="空白单元格、无、/、-、N/A 表示没有内容。主键和数据分类填“无”表示确定没有",
        en="An empty cell, 无, /, - and N/A mean nothing. 无 in 主键 or 数据分类 declares that there is none.",
    ),
    Label(
        zh="列可以换位置，可以增加列（不读取，导入时提示）。删去的列和工作表保持目录文件原有内容；"
        "留着而空白的单元格表示删除该内容",
        en="Columns may be moved; further columns are passed over and named. A column or sheet that is taken out "
        "leaves what the catalogue's file says; an empty cell of one that is there deletes it.",
    ),
    Label(
        zh="补充字段和信息项补充中没有的行保持原有内容；依据和规则按工作表整体替换",
        en="A row missing in 补充字段 or 信息项补充 leaves what the file says; 依据 and 规则 replace all bases and "
        "rules.",
    ),
    Label(
        zh="数据分类、主键、共享方式等多个词用顿号、逗号、分号或换行隔开；报送名称、日期格式每行一个",
        en="Several words stand apart by 、 , ; or line breaks; headings in files and date formats one per line.",
    ),
    Label(
        zh='首尾有空格等特殊文本写在英文双引号中，如 "\\t" 表示制表符',
        en='Special text, such as outer spaces, stands in straight quotation marks as a JSON string: "\\t" is a tab.',
    ),
    Label(
        zh="项、目、细目、提供方代码、数据类型、是否向社会开放用于核对，与信息资源代码、提供方、信息项类型、"
        "开放类型不一致时报错；发布日期不读取",
        en="项, 目, 细目, provider's code, data type and open-or-not are held against code, provider, item type and "
        "open type; 发布日期 is not read.",
    ),
)
"""Notes in order; the first is the title."""
