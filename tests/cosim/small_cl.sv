// A small custom logic of our own on the F2 shell's ports: registers on OCL, one on SDA, a memory on PCIS, and an engine
// that copies the host's memory by PCIM, inverted, and then asks for interrupt 3.
module small_cl (
    input  logic         clk_main_a0, rst_main_n, clk_hbm_ref, sh_cl_flr_assert,
    output logic         cl_sh_flr_done,
    output logic [31:0]  cl_sh_id0, cl_sh_id1,
    input  logic [15:0]  sh_cl_status_vdip,
    output logic [15:0]  cl_sh_status_vled,
    input  logic [63:0]  sh_cl_glcount0,
    output logic [15:0]  cl_sh_apppf_irq_req,
    input  logic [15:0]  sh_cl_apppf_irq_ack,

    input  logic [31:0]  ocl_cl_awaddr, ocl_cl_wdata, ocl_cl_araddr,
    input  logic [3:0]   ocl_cl_wstrb,
    input  logic         ocl_cl_awvalid, ocl_cl_wvalid, ocl_cl_bready, ocl_cl_arvalid, ocl_cl_rready,
    output logic         cl_ocl_awready, cl_ocl_wready, cl_ocl_bvalid, cl_ocl_arready, cl_ocl_rvalid,
    output logic [1:0]   cl_ocl_bresp, cl_ocl_rresp,
    output logic [31:0]  cl_ocl_rdata,

    input  logic [31:0]  sda_cl_awaddr, sda_cl_wdata, sda_cl_araddr,
    input  logic [3:0]   sda_cl_wstrb,
    input  logic         sda_cl_awvalid, sda_cl_wvalid, sda_cl_bready, sda_cl_arvalid, sda_cl_rready,
    output logic         cl_sda_awready, cl_sda_wready, cl_sda_bvalid, cl_sda_arready, cl_sda_rvalid,
    output logic [1:0]   cl_sda_bresp, cl_sda_rresp,
    output logic [31:0]  cl_sda_rdata,

    input  logic [63:0]  sh_cl_dma_pcis_awaddr, sh_cl_dma_pcis_araddr, sh_cl_dma_pcis_wstrb,
    input  logic [7:0]   sh_cl_dma_pcis_awlen, sh_cl_dma_pcis_arlen,
    input  logic [2:0]   sh_cl_dma_pcis_awsize, sh_cl_dma_pcis_arsize,
    input  logic [1:0]   sh_cl_dma_pcis_awburst, sh_cl_dma_pcis_arburst,
    input  logic [511:0] sh_cl_dma_pcis_wdata,
    input  logic         sh_cl_dma_pcis_awvalid, sh_cl_dma_pcis_wvalid, sh_cl_dma_pcis_wlast, sh_cl_dma_pcis_bready,
    input  logic         sh_cl_dma_pcis_arvalid, sh_cl_dma_pcis_rready,
    output logic         cl_sh_dma_pcis_awready, cl_sh_dma_pcis_wready, cl_sh_dma_pcis_bvalid,
    output logic         cl_sh_dma_pcis_arready, cl_sh_dma_pcis_rvalid, cl_sh_dma_pcis_rlast,
    output logic [1:0]   cl_sh_dma_pcis_bresp, cl_sh_dma_pcis_rresp,
    output logic [511:0] cl_sh_dma_pcis_rdata,

    output logic [15:0]  cl_sh_pcim_awid, cl_sh_pcim_arid,
    output logic [63:0]  cl_sh_pcim_awaddr, cl_sh_pcim_araddr, cl_sh_pcim_wstrb,
    output logic [7:0]   cl_sh_pcim_awlen, cl_sh_pcim_arlen,
    output logic [511:0] cl_sh_pcim_wdata,
    output logic         cl_sh_pcim_awvalid, cl_sh_pcim_wvalid, cl_sh_pcim_wlast, cl_sh_pcim_bready,
    output logic         cl_sh_pcim_arvalid, cl_sh_pcim_rready,
    input  logic         sh_cl_pcim_awready, sh_cl_pcim_wready, sh_cl_pcim_bvalid, sh_cl_pcim_arready,
    input  logic         sh_cl_pcim_rvalid, sh_cl_pcim_rlast,
    input  logic [15:0]  sh_cl_pcim_bid, sh_cl_pcim_rid,
    input  logic [1:0]   sh_cl_pcim_bresp, sh_cl_pcim_rresp,
    input  logic [511:0] sh_cl_pcim_rdata
);
  assign cl_sh_id0 = 32'hF0CA1D0F;  // device, vendor
  assign cl_sh_id1 = 32'h1D51FEDC;  // subsystem, its vendor
  assign cl_sh_flr_done = sh_cl_flr_assert;

  // ---- OCL ----
  logic [31:0] scratch, source, target, resets, slow;
  logic [4:0]  beats;
  logic [1:0]  response;
  logic        start, done, was_reset;
  assign cl_sh_status_vled = scratch[15:0];

  always_ff @(posedge clk_hbm_ref) slow <= slow + 1;

  wire ocl_write = ocl_cl_awvalid & ocl_cl_wvalid & !cl_ocl_bvalid;
  wire ocl_read = ocl_cl_arvalid & !cl_ocl_rvalid;
  assign {cl_ocl_awready, cl_ocl_wready, cl_ocl_arready} = {ocl_write, ocl_write, ocl_read};
  assign {cl_ocl_bresp, cl_ocl_rresp} = 0;

  always_ff @(posedge clk_main_a0)
    if (!rst_main_n) begin
      {cl_ocl_bvalid, cl_ocl_rvalid, start, was_reset} <= 0;
      {scratch, source, target, resets} <= 0;
      beats <= 0;
    end else begin
      start <= 0;
      was_reset <= sh_cl_flr_assert;
      if (sh_cl_flr_assert & !was_reset) resets <= resets + 1;
      if (ocl_cl_bready) cl_ocl_bvalid <= 0;
      if (ocl_cl_rready) cl_ocl_rvalid <= 0;
      if (ocl_write) begin
        cl_ocl_bvalid <= 1;
        case (ocl_cl_awaddr[7:0])
          8'h04: for (int lane = 0; lane < 4; lane++)
            if (ocl_cl_wstrb[lane]) scratch[8*lane +: 8] <= ocl_cl_wdata[8*lane +: 8];
          8'h08: source <= ocl_cl_wdata;
          8'h0C: target <= ocl_cl_wdata;
          8'h10: beats <= ocl_cl_wdata[4:0];
          8'h14: start <= ocl_cl_wdata[0];
          default: ;
        endcase
      end
      if (ocl_read) begin
        cl_ocl_rvalid <= 1;
        case (ocl_cl_araddr[7:0])
          8'h00: cl_ocl_rdata <= 32'hC0DE0001;
          8'h04: cl_ocl_rdata <= scratch;
          8'h18: cl_ocl_rdata <= {29'b0, response, done};
          8'h1C: cl_ocl_rdata <= {16'b0, sh_cl_status_vdip};
          8'h20: cl_ocl_rdata <= resets;
          8'h24: cl_ocl_rdata <= slow;
          8'h28: cl_ocl_rdata <= sh_cl_glcount0[31:0];
          default: cl_ocl_rdata <= 0;
        endcase
      end
    end

  // ---- SDA: one register, at 0x100 ----
  logic [31:0] managed;
  wire sda_write = sda_cl_awvalid & sda_cl_wvalid & !cl_sda_bvalid;
  wire sda_read = sda_cl_arvalid & !cl_sda_rvalid;
  assign {cl_sda_awready, cl_sda_wready, cl_sda_arready} = {sda_write, sda_write, sda_read};
  assign {cl_sda_bresp, cl_sda_rresp} = 0;
  always_ff @(posedge clk_main_a0)
    if (!rst_main_n) begin
      {cl_sda_bvalid, cl_sda_rvalid} <= 0;
      managed <= 7;
    end else begin
      if (sda_cl_bready) cl_sda_bvalid <= 0;
      if (sda_cl_rready) cl_sda_rvalid <= 0;
      if (sda_write) cl_sda_bvalid <= 1;
      for (int lane = 0; lane < 4; lane++)
        if (sda_write & sda_cl_awaddr == 32'h100 & sda_cl_wstrb[lane]) managed[8*lane +: 8] <= sda_cl_wdata[8*lane +: 8];
      if (sda_read) {cl_sda_rvalid, cl_sda_rdata} <= {1'b1, sda_cl_araddr == 32'h100 ? managed : 32'b0};
    end

  // ---- PCIS: 8 KiB ----
  logic [511:0] memory [128];
  logic [6:0]   place, look;
  logic [7:0]   left;
  logic         writing;
  assign cl_sh_dma_pcis_awready = !writing & !cl_sh_dma_pcis_bvalid;
  assign cl_sh_dma_pcis_wready = writing;
  assign cl_sh_dma_pcis_arready = !cl_sh_dma_pcis_rvalid;
  assign cl_sh_dma_pcis_rdata = memory[look];
  assign cl_sh_dma_pcis_rlast = left == 0;
  assign {cl_sh_dma_pcis_bresp, cl_sh_dma_pcis_rresp} = 0;
  always_ff @(posedge clk_main_a0)
    if (!rst_main_n) {writing, cl_sh_dma_pcis_bvalid, cl_sh_dma_pcis_rvalid} <= 0;
    else begin
      if (cl_sh_dma_pcis_bvalid & sh_cl_dma_pcis_bready) cl_sh_dma_pcis_bvalid <= 0;
      if (sh_cl_dma_pcis_awvalid & cl_sh_dma_pcis_awready) {writing, place} <= {1'b1, sh_cl_dma_pcis_awaddr[12:6]};
      if (sh_cl_dma_pcis_wvalid & writing) begin
        for (int lane = 0; lane < 64; lane++)
          if (sh_cl_dma_pcis_wstrb[lane]) memory[place][8*lane +: 8] <= sh_cl_dma_pcis_wdata[8*lane +: 8];
        place <= place + 1;
        if (sh_cl_dma_pcis_wlast) {writing, cl_sh_dma_pcis_bvalid} <= 2'b01;
      end
      if (sh_cl_dma_pcis_arvalid & cl_sh_dma_pcis_arready)
        {cl_sh_dma_pcis_rvalid, look, left} <= {1'b1, sh_cl_dma_pcis_araddr[12:6], sh_cl_dma_pcis_arlen};
      else if (cl_sh_dma_pcis_rvalid & sh_cl_dma_pcis_rready) begin
        {look, left} <= {look + 7'd1, left - 8'd1};
        if (left == 0) cl_sh_dma_pcis_rvalid <= 0;
      end
    end

  // ---- PCIM: reads `beats` of 64 bytes, inverts them, writes them ----
  typedef enum logic [2:0] {IDLE, ASK, TAKE, TELL, GIVE, END, RING} state_t;
  state_t       state;
  logic [511:0] held [16];
  logic [4:0]   beat;
  assign {cl_sh_pcim_awid, cl_sh_pcim_arid} = {16'd5, 16'd6};
  assign {cl_sh_pcim_araddr, cl_sh_pcim_awaddr} = {32'b0, source, 32'b0, target};
  assign {cl_sh_pcim_arlen, cl_sh_pcim_awlen} = {2{8'(beats) - 8'd1}};
  assign {cl_sh_pcim_arvalid, cl_sh_pcim_awvalid} = {state == ASK, state == TELL};
  assign {cl_sh_pcim_rready, cl_sh_pcim_bready} = {state == TAKE, state == END};
  assign cl_sh_pcim_wvalid = state == GIVE;
  assign cl_sh_pcim_wlast = beat + 1 == beats;
  assign cl_sh_pcim_wdata = ~held[beat[3:0]];
  assign cl_sh_pcim_wstrb = '1;
  assign cl_sh_apppf_irq_req = {12'b0, state == RING & !done, 3'b0};
  always_ff @(posedge clk_main_a0)
    if (!rst_main_n) begin
      state <= IDLE;
      {done, response} <= 0;
    end else
      case (state)
        IDLE: if (start) {state, done, response, beat} <= {ASK, 1'b0, 2'b0, 5'b0};
        ASK: if (sh_cl_pcim_arready) state <= TAKE;
        TAKE: if (sh_cl_pcim_rvalid) begin
          held[beat[3:0]] <= sh_cl_pcim_rdata;
          response <= response | sh_cl_pcim_rresp;
          beat <= sh_cl_pcim_rlast ? 0 : beat + 1;
          if (sh_cl_pcim_rlast) state <= TELL;
        end
        TELL: if (sh_cl_pcim_awready) state <= GIVE;
        GIVE: if (sh_cl_pcim_wready) begin
          beat <= beat + 1;
          if (cl_sh_pcim_wlast) state <= END;
        end
        END: if (sh_cl_pcim_bvalid) {state, response} <= {RING, response | sh_cl_pcim_bresp};
        RING: begin
          done <= 1;
          if (sh_cl_apppf_irq_ack[3]) state <= IDLE;
        end
        default: state <= IDLE;
      endcase
endmodule
