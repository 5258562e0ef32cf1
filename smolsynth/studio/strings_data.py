"""What the studio says of a training file, models, prompts and files, in both languages."""

MORE: dict[str, dict[str, str]] = {
    "en": {
        # a training file
        "own_file": "A training file: check it, mend it, make more of it",
        "own_upload": "Upload a training file",
        "own_tip": "JSON, JSONL, CSV, TSV, Parquet or Arrow, in any usual form (messages, ShareGPT,"
        " Alpaca, pairs). Uploads: up to 100 MB on the page of `smolsynth studio`, 10 MB in"
        " JupyterLab; for larger files give the path.",
        "own_place": "Or a path on this computer, or a name on the Hub",
        "own_place_example": "data/train.jsonl, or you/dataset",
        "encoding": "Encoding",
        "split": "Split",
        "split_tip": "of several, as train",
        "own_read": "Read",
        "own_reading": "Reading …",
        "own_many": "The file has {n:,} rows; the page takes up {most:,}. For more there are"
        " `python -m smolsynth check` and `convert`.",
        "own_verdicts": "Rows with one verdict each are checked here, and converted by"
        " `python -m smolsynth convert`.",
        "recognised": "What it was taken for",
        "figures": "Figures",
        "own_broken": "{n} rows. Rules that are broken: {rules}.",
        "mask": "put [email] and the like in the place of personal data and keys",
        "own_review": "Review all {n} rows",
        "own_clean": "Review the {n} rows without faults, leave out {bad}",
        "extend": "Make more rows like these",
        "extend_tip": "More rows: the model above asks about what the good rows say and answers;"
        " old and new rows are then reviewed and exported together.",
        "own_notes": "{n} rows come from the file {name}, the others were made.",
        # documents
        "documents_place": "Or the path of a file or folder",
    },
    "zh": {
        "own_file": "自己的训练数据：检查、改好、再扩充",
        "own_upload": "上传训练数据",
        "own_tip": "JSON、JSONL、CSV、TSV、Parquet、Arrow 都行，格式不限（messages、ShareGPT、"
        "Alpaca、偏好对……）。上传有大小限制：smolsynth studio 打开的网页里 100 MB，JupyterLab 里"
        " 10 MB；再大就填路径。",
        "own_place": "或者填本机路径、Hub 上的名称",
        "own_place_example": "data/train.jsonl 或 用户名/数据集",
        "encoding": "编码",
        "split": "子集",
        "split_tip": "有好几个时填，如 train",
        "own_read": "读取",
        "own_reading": "正在读取……",
        "own_many": "这个文件有 {n:,} 行，网页最多收 {most:,} 行。更大的请用命令"
        " python -m smolsynth check 和 convert。",
        "own_verdicts": "每行只有一个评判的数据，这里可以检查；转换请用命令"
        " python -m smolsynth convert。",
        "recognised": "识别结果",
        "figures": "统计",
        "own_broken": "共 {n} 行，违反了：{rules}。",
        "mask": "把个人信息和密钥换成 [email] 之类的标记",
        "own_review": "审阅全部 {n} 行",
        "own_clean": "只审阅没毛病的 {n} 行，略去 {bad} 行",
        "extend": "照着再做一些",
        "extend_tip": "扩充：上面选的模型就没毛病的行里讲到的内容提问、作答；新旧两部分一起审阅、"
        "一起导出。",
        "own_notes": "{n} 行来自文件 {name}，其余是生成的。",
        "documents_place": "或者填文件、文件夹的路径",
    },
}
